/// How lazy training will be: κ = ‖F(w₀) − y‖ ‖D²f‖/(α ‖Df‖²), F the scaled (and centred) outputs on the training rows, small
/// in the lazy regime (Chizat, Oyallon and Bach, "On lazy training in differentiable programming", arXiv 1812.07956, section 1).
enum Laziness {
    /// - Parameters:
    ///   - slope: ‖Df‖², the largest eigenvalue of the kernel.
    ///   - isCancelled: asked between products; what is returned after a cancel means nothing.
    /// - Returns: nil where it is no number.
    static func kappa<Scalar: NetworkScalar>(
        _ data: TrainingTapes<Scalar>, _ parameters: UnsafePointer<Scalar>, slope: Double, isCancelled: () -> Bool
    ) -> Double? {
        let residual = zip(data.outputs, data.targets).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        let bend = withoutActuallyEscaping(isCancelled) { HessianNorm(data.train, parameters, isCancelled: $0).value() }
        let kappa = residual * bend / (data.plan.outputScale * slope)
        return kappa.isFinite ? kappa : nil
    }
}
