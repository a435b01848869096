/// The neural tangent kernel and the NNGP kernel of one network: Θ = J Jᵀ by layers (``KernelFactors``), and f fᵀ.
///
/// O(n k P) for the passes and O(n² k m) for the products of layers of width m, with P parameters; memory as
/// ``KernelMemoryPlan`` says. The result does not depend on the threads.
public struct EmpiricalKernel<Scalar: NetworkScalar>: Sendable {
    public let network: FiniteNetwork
    public let mode: KernelOutputs
    let x1: [Scalar]
    let x2: [Scalar]?
    let rows: Int
    let columns: Int
    let vectors: [Scalar]
    let plan: KernelMemoryPlan

    /// - Parameters:
    ///   - x2: rows of the other side; nil: the symmetric kernel of x1.
    ///   - vectors: what Θ is to be multiplied with, [vectors, n2, k].
    public init(_ network: FiniteNetwork, x1: [Scalar], x2: [Scalar]?, mode: KernelOutputs, vectors: [Scalar] = []) {
        self.init(network, x1: x1, x2: x2, mode: mode, vectors: vectors, budget: KernelMemoryPlan.budget)
    }

    /// - Parameter budget: bytes of factors.
    init(_ network: FiniteNetwork, x1: [Scalar], x2: [Scalar]?, mode: KernelOutputs, vectors: [Scalar] = [], budget: Double) {
        (self.network, self.x1, self.x2, self.mode, self.vectors) = (network, x1, x2, mode, vectors)
        rows = x1.count / network.inputCount
        columns = (x2 ?? x1).count / network.inputCount
        plan = KernelMemoryPlan(
            network, rows: rows, columns: x2 == nil ? nil : columns, mode: mode, scalar: MemoryLayout<Scalar>.size, budget: budget)
    }

    /// The layers whose contributions there are, in the order of computation.
    public static func layers(of network: FiniteNetwork) -> [AffineLayer] { network.layers.filter(\.isTrainable) }

    /// Computes quantities into memory of the caller's that is zero before, as many numbers as ``count(of:)`` says. Kernels are
    /// planes [n1, n2] (``KernelOutputs/planes(of:)``), so that `full` is [k, k, n1, n2].
    ///
    /// - Parameters:
    ///   - arrays: `layers` is used only beside `ntk`.
    ///   - progress: completed and all pieces of work.
    /// - Throws: `CancellationError`.
    public func compute(
        _ parameters: [Scalar], into arrays: [KernelQuantity: UnsafeMutablePointer<Scalar>], threads: Int,
        progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(CancellationError) {
        let work = KernelWork(threads: threads, isCancelled: isCancelled)
        try writeOutputs(parameters, into: arrays, work)
        if let target = arrays[.ntkDiagonal] { try diagonal(of: x1, parameters, into: target, work) }
        if let target = arrays[.ntkColumnDiagonal] { try diagonal(of: x2 ?? x1, parameters, into: target, work) }
        if let target = arrays[.products] { try addProducts(parameters, to: target, work) }
        if let ntk = arrays[.ntk] { try tangents(parameters, into: ntk, layers: arrays[.layers], work, progress) }
    }

    /// What is made of the outputs alone, if any of it is wanted: they take a forward pass of their own.
    private func writeOutputs(
        _ parameters: [Scalar], into arrays: [KernelQuantity: UnsafeMutablePointer<Scalar>], _ work: KernelWork
    ) throws(CancellationError) {
        let ofOutputs: [KernelQuantity] = [.outputs, .nngp, .nngpDiagonal, .nngpColumnDiagonal]
        guard ofOutputs.contains(where: { arrays[$0] != nil }) else { return }
        let outputs = try outputs(of: x1, parameters, work)
        let others = if let x2 { try self.outputs(of: x2, parameters, work) } else { outputs }
        if let target = arrays[.outputs] { Loops.copy(outputs.start, into: target, count: outputs.count) }
        let products = OutputProducts(outputs: network.outputCount, mode: mode)
        if let target = arrays[.nngp] {
            products.add(outputs, others, to: KernelPlanes(start: target, rows: rows, columns: columns), rows: rows, columns: columns)
        }
        if let target = arrays[.nngpDiagonal] { products.writeDiagonal(outputs, rows: rows, into: target) }
        if let target = arrays[.nngpColumnDiagonal] { products.writeDiagonal(others, rows: columns, into: target) }
    }

    /// f(x) of all rows, [rows, k].
    private func outputs(of x: [Scalar], _ parameters: [Scalar], _ work: KernelWork) throws(CancellationError) -> ScalarMemory<Scalar> {
        let (count, k) = (x.count / network.inputCount, network.outputCount)
        let outputs = ScalarMemory<Scalar>(count * k)
        try eachChunk(of: 0..<count, lanes: 1, work) { tape, chunk in
            x.withUnsafeBufferPointer { x in
                guard let base = x.baseAddress else { return }
                tape.forward(parameters, base + chunk.lowerBound * network.inputCount, count: chunk.count)
            }
            Loops.copy(tape.outputs, into: outputs.start + chunk.lowerBound * k, count: chunk.count * k)
        }
        return outputs
    }

    private func eachChunk(
        of rows: Range<Int>, lanes: Int, _ work: KernelWork, _ body: @Sendable (NetworkTape<Scalar>, Range<Int>) -> Void
    ) throws(CancellationError) {
        let chunks = stride(from: rows.lowerBound, to: rows.upperBound, by: plan.chunk).map {
            $0..<min($0 + plan.chunk, rows.upperBound)
        }
        try work.run(chunks.count) { NetworkTape<Scalar>(network, capacity: plan.chunk, lanes: lanes) } _: { tape, index in
            body(tape, chunks[index])
        }
    }

    func factors(
        _ x: [Scalar], _ rows: Range<Int>, _ held: Range<Int>, _ parameters: [Scalar], _ work: KernelWork
    ) throws(CancellationError) -> KernelFactors<Scalar> {
        let factors = KernelFactors<Scalar>(network, rows: rows.count, outputs: held)
        try eachChunk(of: rows, lanes: min(plan.lanes, held.count), work) { tape, chunk in
            x.withUnsafeBufferPointer { x in
                guard let base = x.baseAddress else { return }
                tape.forward(parameters, base + chunk.lowerBound * network.inputCount, count: chunk.count)
            }
            factors.fill(tape, parameters, at: chunk.lowerBound - rows.lowerBound)
        }
        return factors
    }

    private func tangents(
        _ parameters: [Scalar], into ntk: UnsafeMutablePointer<Scalar>, layers: UnsafeMutablePointer<Scalar>?, _ work: KernelWork,
        _ progress: @Sendable (Int, Int) -> Void
    ) throws(CancellationError) {
        let size = mode.planes(of: network.outputCount) * rows * columns
        let (ours, theirs) = (blocks(rows), blocks(columns))
        let passes = stride(from: 0, to: network.outputCount, by: plan.outputs).map {
            $0..<min($0 + plan.outputs, network.outputCount)
        }
        let count = Self.layers(of: network).count
        let pairs = x2 == nil ? ours.count * (ours.count + 1) / 2 : ours.count * theirs.count
        var completed = 0
        for (index, block) in ours.enumerated() {
            for held in passes {
                let left = try factors(x1, block, held, parameters, work)
                for other in x2 == nil ? Array(ours[index...]) : theirs {
                    let isSame = x2 == nil && other == block
                    let right = isSame ? left : try factors(x2 ?? x1, other, held, parameters, work)
                    for layer in 0..<count {
                        let target = KernelPlanes(start: layers.map { $0 + layer * size } ?? ntk, rows: rows, columns: columns)
                        try LayerProduct(
                            left, 0..<block.count, right, 0..<other.count, layer: layer, mode, isSymmetric: isSame
                        ).add(to: target.part(row: block.lowerBound, column: other.lowerBound), work: work)
                        completed += 1
                        progress(completed, pairs * passes.count * count)
                    }
                }
            }
        }
        if x2 == nil {
            for layer in 0..<(layers == nil ? 1 : count) {
                mirror(KernelPlanes(start: layers.map { $0 + layer * size } ?? ntk, rows: rows, columns: columns))
            }
        }
        guard let layers else { return }
        for layer in 0..<count { Loops.add(layers + layer * size, into: ntk, count: size) }
    }

    private func blocks(_ count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: plan.block).map { $0..<min($0 + plan.block, count) }
    }

    /// Writes what lies below the diagonal of a symmetric kernel, which is so exactly: Θ[(j, q), (i, o)] = Θ[(i, o), (j, q)].
    private func mirror(_ planes: KernelPlanes<Scalar>) {
        let k = network.outputCount
        for plane in 0..<mode.planes(of: k) {
            let other = mode == .full ? plane % k * k + plane / k : plane
            for i in 0..<rows {
                let source = planes.row(i, of: plane)
                for j in i + 1..<max(columns, i + 1) { planes.row(j, of: other)[i] = source[j] }
                if other > plane { planes.row(i, of: other)[i] = source[i] }
            }
        }
    }
}

/// f(x)·f(x') by outputs: the NNGP kernel of one network.
struct OutputProducts {
    let outputs: Int
    let mode: KernelOutputs

    func add<Scalar: NetworkScalar>(
        _ left: ScalarMemory<Scalar>, _ right: ScalarMemory<Scalar>, to planes: KernelPlanes<Scalar>, rows: Int, columns: Int
    ) {
        let share: Scalar = mode == .mean ? 1 / Scalar(outputs) : 1
        for (plane, pairs) in mode.terms(of: 0..<outputs, outputs: outputs) {
            for i in 0..<rows {
                let target = planes.row(i, of: plane)
                for j in 0..<columns {
                    var sum = Scalar.zero
                    for (o, q) in pairs { sum += left.start[i * outputs + o] * right.start[j * outputs + q] }
                    target[j] += share * sum
                }
            }
        }
    }

    /// The mean over outputs of f(x)².
    func writeDiagonal<Scalar: NetworkScalar>(_ values: ScalarMemory<Scalar>, rows: Int, into target: UnsafeMutablePointer<Scalar>) {
        for i in 0..<rows {
            var sum = Scalar.zero
            for o in 0..<outputs { sum += values.start[i * outputs + o] * values.start[i * outputs + o] }
            target[i] = sum / Scalar(outputs)
        }
    }
}
