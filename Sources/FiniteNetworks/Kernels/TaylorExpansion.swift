import LinearAlgebra

/// A network f(w₀ + s u) for growing scales s beside the two polynomials in s that touch it at w₀: its linearisation
/// f + s J u, and the expansion to second order f + s J u + ½ s² uᵀ(∇²f)u.
///
/// The derivatives are passes of their own (``NetworkTape/pushForward(_:along:curvature:)``) and not differences, so that the
/// errors of a smooth network fall as s² and s³ until they meet its rounding.
public struct TaylorExpansion: Sendable {
    /// Where the expansion ends.
    public enum Order: String, Sendable, CaseIterable { case linear, quadratic }

    public let scales: [Double]
    /// f(w₀), and its first and second derivative along u, [rows, outputs].
    public private(set) var start: [Double]
    public private(set) var first: [Double]
    public private(set) var second: [Double]
    /// f(w₀ + s u), [scales, rows, outputs].
    public private(set) var outputs: [Double]

    /// Rows that go through the network at once: enough for BLAS, and few enough that memory does not grow with all rows.
    public static let blockRows = 256

    /// Takes scales + 5 forward passes of all rows.
    ///
    /// - Parameters:
    ///   - parameters: w₀, laid out as ``FiniteNetwork`` says; so is the displacement u.
    ///   - scales: In any order.
    ///   - inputs: [rows, inputCount], row-major; at least one row.
    ///   - threads: Given to BLAS.
    ///   - progress: Passes that are done, of how many; may throw to stop.
    /// - Throws: ``TaylorError``, and what `progress` throws.
    public init(
        _ network: FiniteNetwork, at parameters: [Double], along displacement: [Double], scales: [Double], inputs: [Double],
        threads: Int = 1, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws {
        precondition(parameters.count == network.parameterCount && displacement.count == parameters.count, "parameters fit their network")
        let (rows, k) = (inputs.count / network.inputCount, network.outputCount)
        self.scales = scales
        (start, first, second) = ([], [], [])
        outputs = [Double](repeating: 0, count: scales.count * rows * k)
        let tape = NetworkTape<Double>(network, capacity: min(rows, Self.blockRows))
        let passes = (rows + tape.capacity - 1) / tape.capacity * (scales.count + 1)
        var done = 0
        var moved = parameters
        BLASThreads.callersAreParallel()
        for from in stride(from: 0, to: rows, by: tape.capacity) {
            let count = min(tape.capacity, rows - from)
            inputs.withUnsafeBufferPointer { inputs in
                if let base = inputs.baseAddress { tape.load(base + from * network.inputCount, count: count) }
            }
            for (index, scale) in ([nil] + scales.map(Optional.some)).enumerated() {
                if let scale {
                    for i in moved.indices { moved[i] = parameters[i] + scale * displacement[i] }
                    BLASThreads.using(threads) { _ = tape.forward(moved) }
                    let target = (index - 1) * rows * k + from * k
                    for i in 0..<count * k { outputs[target + i] = tape.outputs[i] }
                } else {
                    BLASThreads.using(threads) { _ = tape.forward(parameters) }
                    start += UnsafeBufferPointer(start: tape.outputs, count: count * k)
                    BLASThreads.using(threads) { _ = tape.pushForward(parameters, along: displacement, curvature: true) }
                    first += UnsafeBufferPointer(start: tape.buffer(tape.tangents[network.output]), count: count * k)
                    second += UnsafeBufferPointer(start: tape.buffer(tape.curvatures[network.output]), count: count * k)
                }
                done += 1
                try progress(done, passes)
            }
        }
        try checkFinite()
    }

    private func checkFinite() throws(TaylorError) {
        guard start.allSatisfy(\.isFinite) else { throw .notFinite(scale: 0) }
        for (index, scale) in scales.enumerated() {
            let range = index * start.count..<(index + 1) * start.count
            guard outputs[range].allSatisfy(\.isFinite), expansion(.quadratic, at: scale).allSatisfy(\.isFinite),
                expansion(.linear, at: scale).allSatisfy(\.isFinite)
            else { throw .notFinite(scale: scale) }
        }
    }

    /// What an expansion says of the outputs at a scale, [rows, outputs].
    public func expansion(_ order: Order, at scale: Double) -> [Double] {
        let half = order == .quadratic ? scale * scale / 2 : 0
        return start.indices.map { start[$0] + scale * first[$0] + (order == .linear ? 0 : half * second[$0]) }
    }
}

extension TaylorExpansion {
    /// What an expansion misses, over all rows and outputs, one number a scale.
    public struct Errors: Sendable, Equatable {
        public var rms: [Double] = []
        public var max: [Double] = []
    }

    /// What an expansion misses at each scale. O(scales · rows · outputs).
    public func errors(_ order: Order) -> Errors {
        var errors = Errors()
        for (index, scale) in scales.enumerated() {
            let offset = index * start.count
            let misses = expansion(order, at: scale).enumerated().map { abs($1 - outputs[offset + $0]) }
            let largest = misses.max() ?? 0
            errors.max.append(largest)
            // By the largest, so that no square leaves the range of float64.
            let squares = largest > 0 ? misses.reduce(0) { $0 + ($1 / largest) * ($1 / largest) } : 0
            errors.rms.append(largest * (squares / Double(misses.count)).squareRoot())
        }
        return errors
    }

    /// Errors up to this share of the largest output are its rounding, and say nothing of the network.
    static let roundingShare = 1e-12

    /// How errors grow with the scale: 2 for a smooth network's linearisation, 3 to second order, for scales so small that the
    /// next term does not matter. Errors that may be rounding are left out.
    ///
    /// - Returns: the law and the number of scales that it rests on; nil where fewer than two are left.
    public func law(of errors: [Double]) -> (law: PowerLaw, points: Int)? {
        let floor = Self.roundingShare * (start + outputs).reduce(0) { Swift.max($0, abs($1)) }
        let points = zip(scales, errors).filter { $1 > floor }.map { (x: $0, y: $1) }
        return PowerLaw(points).map { ($0, points.count) }
    }

    /// Bytes of memory for an expansion of a network over so many rows, its numbers and a copy of them included.
    public static func bytes(_ network: FiniteNetwork, rows: Int, scales: Int) -> Double {
        let values = network.values.reduce(0) { $0 + Double($1.elements) }
        let patches = network.layers.contains { $0.window != nil }
            ? network.layers.reduce(Double(NetworkTape<Double>.patchElements)) { max($0, Double($1.positions) * Double($1.fanIn)) } : 0
        // Values, slopes, tangents and curvatures of a tape, and its patches.
        let tape = 4 * Double(min(rows, blockRows)) * values + patches
        let results = Double(rows) * Double(network.outputCount) * Double(3 * scales + 8)
        return 8 * (3 * Double(network.parameterCount) + tape + results)
    }
}

/// Why a network was not expanded.
public enum TaylorError: Error, Equatable {
    /// The outputs or an expansion at this scale are beyond what float64 holds.
    case notFinite(scale: Double)
}
