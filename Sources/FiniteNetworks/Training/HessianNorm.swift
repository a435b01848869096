import Arrays

/// ‖D²f‖ of the outputs of the loaded rows, all of them one vector: the largest ‖D²f[u, u]‖ over unit vectors u of trainable
/// parameters, which is the largest spectral norm ‖Σ c H‖ over unit combinations c of the outputs' Hessians H.
///
/// One output leaves one Hessian, whose norm Lanczos' method finds. Of several there are maxima that are not the largest, and none
/// is known to be without looking at all (the problem is NP-hard). So the climb begins at many places: half of them directions that
/// look random, half of them the Hessians of single outputs, a few rounds each; the best go on, and the best of those to its end.
/// Every round can only gain. Products with Hessians are central differences of gradients.
struct HessianNorm<Scalar: NetworkScalar> {
    private let tape: NetworkTape<Scalar>
    private let parameters: UnsafePointer<Scalar>
    private let isTrainable: [Bool]
    private let isCancelled: () -> Bool
    private let step = Scalar.self == Float.self ? 1e-2 : 1e-5

    private static var starts: Int { 16 }
    private static var startRounds: Int { 2 }
    private static var finalists: Int { 4 }
    private static var finalistRounds: Int { 10 }
    private static var lastRounds: Int { 30 }
    /// Products with one Hessian in a round.
    private static var roundProducts: Int { 4 }

    /// - Parameters:
    ///   - loaded: a tape with the rows, which is not touched.
    ///   - isCancelled: asked between products; what is returned after a cancel means nothing.
    init(_ loaded: NetworkTape<Scalar>, _ parameters: UnsafePointer<Scalar>, isCancelled: @escaping () -> Bool) {
        tape = NetworkTape(loaded.network, capacity: loaded.count)
        tape.load(loaded.value(0), count: loaded.count)
        self.parameters = parameters
        self.isCancelled = isCancelled
        var isTrainable = [Bool](repeating: false, count: loaded.network.parameterCount)
        for range in loaded.network.trainableRanges { for i in range { isTrainable[i] = true } }
        self.isTrainable = isTrainable
    }

    /// Not a number where derivatives are beyond all numbers.
    func value() -> Double {
        let outputs = tape.count * tape.network.outputCount
        guard outputs > 1 else { return spectralNorm([1], from: direction(start: 0)) }
        var best: [Place] = []
        for start in 0..<Self.starts where !isCancelled() {
            let single = start % 2 == 1 ? (0..<outputs).map { $0 == start * outputs / Self.starts ? 1.0 : 0 } : nil
            let found = climb(from: Place(value: 0, direction: direction(start: start)), combination: single, rounds: Self.startRounds)
            guard found.value.isFinite else { return .nan }
            // Of equal ones the first stays first, so that the result is one of the numbers alone.
            best.insert(found, at: best.firstIndex { $0.value < found.value } ?? best.count)
            if best.count > Self.finalists { best.removeLast() }
        }
        for (index, place) in best.enumerated() { best[index] = climb(from: place, rounds: Self.finalistRounds) }
        guard var top = best.max(by: { $0.value < $1.value }) else { return 0 }
        top = climb(from: top, rounds: Self.lastRounds, tolerance: 1e-6)
        guard let combination = bend(along: top.direction) else { return 0 }
        return spectralNorm(combination, from: top.direction)
    }

    /// Where a climb is: a unit direction, and the norm found with it.
    private struct Place {
        var value: Double
        var direction: [Double]
    }

    private func direction(start: Int) -> [Double] {
        let random = CounterRandom(seed: 0, stream: FiniteNetwork.firstStream - 2 - UInt64(start))
        return normalised(isTrainable.indices.map { isTrainable[$0] ? random.normal(at: UInt64($0)) : 0 }).vector
    }

    /// Rounds of two halves: the combination that bends most along the direction, and a direction that it bends more along.
    ///
    /// - Parameters:
    ///   - combination: to begin with; nil: that of the place's direction.
    ///   - tolerance: the relative gain of a round that is worth no other.
    private func climb(from place: Place, combination: [Double]? = nil, rounds: Int, tolerance: Double = 1e-4) -> Place {
        var (place, given) = (place, combination)
        for _ in 0..<rounds where !isCancelled() {
            guard let combination = given ?? bend(along: place.direction) else { break }
            given = nil
            let next = steepest(combination, from: place.direction)
            guard next.value.isFinite else { return next }
            let gain = next.value - place.value
            if gain > 0 { place = next }
            guard gain > tolerance * next.value else { break }
        }
        return place
    }

    /// The combination of outputs that bends most along a direction; nil where none does.
    private func bend(along direction: [Double]) -> [Double]? {
        tape.forward(parameters)
        let second = tape.pushForward(parameters, along: direction.map { Scalar($0) }, curvature: true).second
        let (vector, length) = normalised(
            UnsafeBufferPointer(start: second, count: second == nil ? 0 : tape.count * tape.network.outputCount).map { Double($0) })
        return length > 0 ? vector : nil
    }

    /// The best direction among the start and what a few products make of it: never worse than the start, and nearer to the
    /// eigenvector than as many steps of the power method, which an eigenvalue of the other sign would keep from converging.
    private func steepest(_ combination: [Double], from start: [Double]) -> Place {
        var basis = [start]
        var (diagonal, offDiagonal): ([Double], [Double]) = ([], [])
        while true {
            let last = basis[basis.count - 1]
            var next = product(last, combination)
            diagonal.append(zip(next, last).reduce(0) { $0 + $1.0 * $1.1 })
            for vector in basis {
                let along = zip(next, vector).reduce(0) { $0 + $1.0 * $1.1 }
                for i in next.indices { next[i] -= along * vector[i] }
            }
            let (unit, length) = normalised(next)
            guard basis.count < Self.roundProducts, length > 1e-9 * abs(diagonal[0]), length.isFinite else { break }
            offDiagonal.append(length)
            basis.append(unit)
        }
        let ends = Tridiagonal.extremes(diagonal, offDiagonal)
        let value = abs(ends.smallest) > abs(ends.largest) ? ends.smallest : ends.largest
        guard value.isFinite else { return Place(value: .nan, direction: start) }
        var direction = [Double](repeating: 0, count: start.count)
        for (share, vector) in zip(Tridiagonal.eigenvector(of: value, diagonal, offDiagonal), basis) {
            for i in direction.indices { direction[i] += share * vector[i] }
        }
        return Place(value: abs(value), direction: normalised(direction).vector)
    }

    /// ‖H‖ by Lanczos with two vectors: repeated eigenvalues that the lost orthogonality brings do no harm to the extreme ones.
    private func spectralNorm(_ combination: [Double], from start: [Double]) -> Double {
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
