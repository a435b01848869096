import Arrays
import FiniteNetworks
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

/// Runs a job of empirical kernels: one network straight into the result's arrays, several by their mean and standard error.
struct EmpiricalKernelComputation<Scalar: NetworkScalar & KernelScalar & ArrayElement> {
    let request: EmpiricalKernelRequest
    let context: JobContext
    private let kernel: EmpiricalKernel<Scalar>

    init(_ request: EmpiricalKernelRequest, _ context: JobContext) throws {
        (self.request, self.context) = (request, context)
        func values(_ reference: DataReference) throws -> [Scalar] {
            try RowLoader.values(of: reference, blobs: context.blobs).map { Scalar($0) }
        }
        kernel = EmpiricalKernel(
            request.network, x1: try values(request.x1), x2: try request.x2.map(values), mode: request.outputs,
            vectors: try request.vectors.map(values) ?? [])
    }

    private var hasGeometry: Bool { request.include.contains { [.cosine, .angle, .distance].contains($0) } }

    private var wanted: Set<KernelQuantity> {
        var wanted: Set<KernelQuantity> = [.outputs]
        if request.kinds.contains(.ntk) { wanted.insert(.ntk) }
        if request.kinds.contains(.nngp) { wanted.insert(.nngp) }
        if request.include.contains(.layers) { wanted.insert(.layers) }
        if request.vectors != nil { wanted.insert(.products) }
        if request.x2 != nil {
            let isNeeded = hasGeometry || request.include.contains(.diagonal)
            if isNeeded, request.kinds.contains(.ntk) { wanted.formUnion([.ntkDiagonal, .ntkColumnDiagonal]) }
            if isNeeded, request.kinds.contains(.nngp) { wanted.formUnion([.nngpDiagonal, .nngpColumnDiagonal]) }
        }
        return wanted
    }

    func run() throws -> ComputationOutput {
        let (request, context, kernel, wanted) = (request, context, kernel, wanted)
        let networks = request.source.count
        let results = try request.kinds.map { try EmpiricalKernelArrays<Scalar>(request, $0, networks: networks, context: context) }
        var numbers: KernelNumbers<Scalar> = [:]
        var errors: KernelNumbers<Scalar> = [:]
        switch request.source {
        case .seeds(let seeds) where networks > 1:
            let moments = try kernel.moments(
                wanted, networks: networks, threads: context.threads,
                parameters: { request.network.initialParameters(seed: UInt64(seeds[$0])).map { Scalar($0) } },
                progress: { context.progress(completed: $0, total: $1, unit: "networks", message: "") },
                isCancelled: { context.isCancelled })
            numbers = moments.mean.mapValues { $0.map { Scalar($0) } }
            for quantity in [KernelQuantity.ntk, .nngp, .outputs, .products] where wanted.contains(quantity) {
                errors[quantity] = moments.standardError(of: quantity)?.map { Scalar($0) }
            }
        case .seeds(let seeds):
            numbers = try single(request.network.initialParameters(seed: UInt64(seeds[0])), results)
        case .given(let reference, _, _):
            numbers = try single(try RowLoader.values(of: reference, blobs: context.blobs), results)
        case .trained(let run):
            numbers = try single(try run.parameters(context.blobs), results)
        }
        try context.checkCancellation()
        return try EmpiricalKernelDocument(request, context, numbers, errors).output(results)
    }

    /// Computes one network, its matrices where the results keep them.
    private func single(_ parameters: [Double], _ results: [EmpiricalKernelArrays<Scalar>]) throws -> KernelNumbers<Scalar> {
        let context = context
        let weights = parameters.map { Scalar($0) }
        // A saturating nonlinearity would hide an infinite weight. Those of a diverged training in float64 may be beyond float32.
        guard weights.allSatisfy(\.isFinite) else { throw NonFiniteEmpiricalKernel(isSingle: Scalar.elementType == .float32) }
        var memory: [KernelQuantity: UnsafeMutablePointer<Scalar>] = [:]
        for result in results { memory.merge(result.destinations) { $1 } }
        let rest = wanted.subtracting(memory.keys)
        var numbers = Dictionary(uniqueKeysWithValues: rest.map { ($0, [Scalar](repeating: 0, count: kernel.count(of: $0))) })
        let buffers = rest.map { (quantity: $0, values: UnsafeMutableBufferPointer<Scalar>.allocate(capacity: max(1, kernel.count(of: $0)))) }
        defer { for buffer in buffers { buffer.values.deallocate() } }
        for buffer in buffers {
            buffer.values.initialize(repeating: 0)
            memory[buffer.quantity] = buffer.values.baseAddress
        }
        try kernel.compute(
            weights, into: memory, threads: context.threads,
            progress: { context.progress(completed: $0, total: $1, unit: "products", message: "") }, isCancelled: { context.isCancelled })
        for buffer in buffers { numbers[buffer.quantity] = Array(buffer.values.prefix(kernel.count(of: buffer.quantity))) }
        return numbers
    }
}

extension EmpiricalKernelRequest {
    func compute(_ context: JobContext) throws -> ComputationOutput {
        switch precision {
        case .float64: try EmpiricalKernelComputation<Double>(self, context).run()
        case .float32: try EmpiricalKernelComputation<Float>(self, context).run()
        }
    }
}
