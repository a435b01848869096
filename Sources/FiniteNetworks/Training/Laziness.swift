import Arrays

/// How lazy training will be: κ = ‖F(w₀) − y‖ ‖D²f‖/(α ‖Df‖²), F the scaled (and centred) outputs on the training rows, small
/// in the lazy regime (Chizat, Oyallon and Bach, "On lazy training in differentiable programming", arXiv 1812.07956, section 1).
enum Laziness {
    /// ‖Df‖² is the largest eigenvalue of the kernel. ‖D²f‖, the largest ‖D²f[u, u]‖ over unit vectors u, is for one output the
    /// spectral norm of the Hessian; for several it is that of the combination of outputs which bends most along the direction that
    /// bends it most, found by alternating between the two: a lower bound that is nearly always attained.
    ///
    /// - Parameters:
    ///   - slope: ‖Df‖².
    ///   - isCancelled: asked between products; what is returned after a cancel means nothing.
    static func kappa<Scalar: NetworkScalar>(
        _ data: TrainingTapes<Scalar>, _ parameters: UnsafePointer<Scalar>, slope: Double, isCancelled: () -> Bool
    ) -> Double? {
        let residual = zip(data.outputs, data.targets).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        let kappa = residual * HessianNorm(data.train, parameters).value(isCancelled) / (data.plan.outputScale * slope)
        return kappa.isFinite ? kappa : nil
    }
}

/// Products with Hessians of combinations of outputs are central differences of gradients.
private struct HessianNorm<Scalar: NetworkScalar> {
    private let tape: NetworkTape<Scalar>
    private let parameters: UnsafePointer<Scalar>
    private let isTrainable: [Bool]
    private let step = Scalar.self == Float.self ? 1e-2 : 1e-5

    init(_ loaded: NetworkTape<Scalar>, _ parameters: UnsafePointer<Scalar>) {
        tape = NetworkTape(loaded.network, capacity: loaded.count)
        tape.load(loaded.value(0), count: loaded.count)
        self.parameters = parameters
        var isTrainable = [Bool](repeating: false, count: loaded.network.parameterCount)
        for range in loaded.network.trainableRanges { for i in range { isTrainable[i] = true } }
        self.isTrainable = isTrainable
    }

    func value(_ isCancelled: () -> Bool) -> Double {
        let random = CounterRandom(seed: 0, stream: FiniteNetwork.firstStream - 2)
        var direction = normalised(isTrainable.indices.map { isTrainable[$0] ? random.normal(at: UInt64($0)) : 0 }).vector
        let count = tape.count * tape.network.outputCount
        var combination = normalised([Double](repeating: 1, count: count)).vector
        for _ in 0..<(count > 1 ? 20 : 0) where !isCancelled() {
            combination = bend(along: direction) ?? combination
            let (next, length) = normalised(product(direction, combination))
            guard length > 0 else { return 0 }
            direction = next
        }
        return spectralNorm(combination, from: direction, isCancelled)
    }

    /// The combination of outputs that bends most along a direction; nil where none does.
    private func bend(along direction: [Double]) -> [Double]? {
        tape.forward(parameters)
        let second = tape.pushForward(parameters, along: direction.map { Scalar($0) }, curvature: true).second
        let (vector, length) = normalised(
            UnsafeBufferPointer(start: second, count: second == nil ? 0 : tape.count * tape.network.outputCount).map { Double($0) })
        return length > 0 ? vector : nil
    }

    /// ‖H‖ by Lanczos with two vectors: repeated eigenvalues that the lost orthogonality brings do no harm to the extreme ones.
    private func spectralNorm(_ combination: [Double], from start: [Double], _ isCancelled: () -> Bool) -> Double {
        var (before, vector) = ([Double](repeating: 0, count: start.count), start)
        var (diagonal, offDiagonal): ([Double], [Double]) = ([], [])
        var (value, steady) = (0.0, 0)
        for _ in 0..<80 where !isCancelled() {
            var next = product(vector, combination)
            diagonal.append(zip(next, vector).reduce(0) { $0 + $1.0 * $1.1 })
            let (a, b) = (diagonal[diagonal.count - 1], offDiagonal.last ?? 0)
            for i in next.indices { next[i] -= a * vector[i] + b * before[i] }
            let ends = Tridiagonal.extremes(diagonal, offDiagonal)
            let norm = max(abs(ends.smallest), abs(ends.largest))
            steady = abs(norm - value) <= 1e-9 * norm ? steady + 1 : 0
            value = norm
            let (unit, length) = normalised(next)
            // A pause of one step may be that of a vector with little of the leading direction.
            guard steady < 3, length > 1e-9 * value, length.isFinite else { break }
            offDiagonal.append(length)
            (before, vector) = (vector, unit)
        }
        return value
    }

    /// The Hessian of the combination, times a direction.
    private func product(_ direction: [Double], _ combination: [Double]) -> [Double] {
        let delta = combination.map { Scalar($0) }
        func gradient(at offset: Double) -> [Scalar] {
            let moved = direction.indices.map { Scalar(Double(parameters[$0]) + offset * direction[$0]) }
            var gradient = [Scalar](repeating: 0, count: moved.count)
            tape.forward(moved)
            tape.backward(moved, outputDelta: delta, gradient: &gradient)
            return gradient
        }
        return zip(gradient(at: step), gradient(at: -step)).map { (Double($0) - Double($1)) / (2 * step) }
    }

    private func normalised(_ vector: [Double]) -> (vector: [Double], length: Double) {
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return (vector.map { length > 0 ? $0 / length : $0 }, length)
    }
}
