import Arrays

/// How lazy training will be: κ = ‖F(w₀) − y‖ ‖D²f‖/(α ‖Df‖²), F the scaled (and centred) outputs on the training rows, small
/// in the lazy regime (Chizat, Oyallon and Bach, "On lazy training in differentiable programming", arXiv 1812.07956, section 1).
enum Laziness {
    /// ‖Df‖² is the largest eigenvalue of the kernel; ‖D²f‖, the largest ‖D²f[u, u]‖ over unit vectors u, is found by power
    /// iteration, alternating between the direction u and the combination c of outputs that bends most along it. For one
    /// output that is the spectral norm of the Hessian; for several it is a lower bound that is nearly always attained.
    static func kappa<Scalar: NetworkScalar>(
        _ data: TrainingTapes<Scalar>, _ parameters: UnsafePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ plan: TrainingPlan
    ) -> Double? {
        let residual = zip(data.outputs, data.targets).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        let slope = data.train.largestKernelEigenvalue(parameters, gradient: gradient)
        let bend = curvature(data, parameters)
        let kappa = residual * bend / (plan.outputScale * slope)
        return kappa.isFinite ? kappa : nil
    }

    /// Products with the Hessian of c·f are central differences of gradients.
    static func curvature<Scalar: NetworkScalar>(_ data: TrainingTapes<Scalar>, _ parameters: UnsafePointer<Scalar>) -> Double {
        let (network, size) = (data.network, data.network.parameterCount)
        let tape = NetworkTape<Scalar>(network, capacity: data.train.count)
        tape.load(data.train.value(0), count: data.train.count)
        let count = tape.count * network.outputCount
        let random = CounterRandom(seed: 0, stream: FiniteNetwork.firstStream - 2)
        var isTrainable = [Bool](repeating: false, count: size)
        for range in network.trainableRanges { for i in range { isTrainable[i] = true } }
        var direction = normalised((0..<size).map { isTrainable[$0] ? random.normal(at: UInt64($0)) : 0 })
        let step = Scalar.self == Float.self ? 1e-2 : 1e-5
        var (best, before) = (0.0, 0.0)
        for _ in 0..<100 {
            tape.forward(parameters)
            let second = tape.pushForward(parameters, along: direction.map { Scalar($0) }, curvature: true).second
            var bend = UnsafeBufferPointer(start: second, count: second == nil ? 0 : count).map { Double($0) }
            // Where the direction does not bend the outputs at all, any combination will do for the next one.
            if bend.allSatisfy({ $0 == 0 }) { bend = [Double](repeating: 1, count: count) }
            let combination = normalised(bend).map { Scalar($0) }
            func gradient(at offset: Double) -> [Double] {
                let moved = (0..<size).map { Scalar(Double(parameters[$0]) + offset * direction[$0]) }
                var gradient = [Scalar](repeating: 0, count: size)
                tape.forward(moved)
                tape.backward(moved, outputDelta: combination, gradient: &gradient)
                return gradient.map { Double($0) }
            }
            let product = zip(gradient(at: step), gradient(at: -step)).map { ($0 - $1) / (2 * step) }
            let length = product.reduce(0) { $0 + $1 * $1 }.squareRoot()
            best = max(best, length)
            guard length > 0, abs(length - before) > 1e-6 * length else { break }
            before = length
            direction = normalised(product)
        }
        return best
    }

    private static func normalised(_ vector: [Double]) -> [Double] {
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? vector.map { $0 / length } : vector
    }
}
