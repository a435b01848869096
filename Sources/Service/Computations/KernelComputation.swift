import Arrays
import Dispatch
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

/// Runs a kernel job: inputs into memory, tiles into memory-mapped files, files into blobs.
struct KernelComputation {
    let request: KernelRequest
    let context: JobContext

    func run() throws -> ComputationOutput {
        switch request.precision {
        case .float64: try compute(in: Double.self)
        case .float32: try compute(in: Float.self)
        }
    }

    private func compute<Scalar: KernelScalar & ArrayElement>(in precision: Scalar.Type) throws -> ComputationOutput {
        let x1: [Scalar] = try values(of: request.x1)
        let x2: [Scalar]? = try request.x2.map { try values(of: $0) }
        let layers = request.include.contains(.layers) ? request.network.layerNames?.count : nil
        let outputs = try request.kinds.map {
            try KernelOutput<Scalar>(
                of: $0, rows: request.rows, columns: request.columns, include: request.include, layers: layers, blobs: context.blobs)
        }
        var destinations = KernelDestinations<Scalar>()
        for output in outputs {
            switch output.kind {
            case .nngp: destinations.nngp = output.pointers
            case .ntk: destinations.ntk = output.pointers
            }
        }
        var quadratureError: Double?
        try x1.withUnsafeBufferPointer { x1 in
            try withOptionalBuffer(x2) { x2 in
                // An empty array has no base address, and no request has empty rows.
                guard let base = x1.baseAddress else { return }
                try request.network.compute(
                    x1: MatrixView(base, rows: request.x1.rows, columns: request.x1.rowLength),
                    x2: x2.flatMap { x2 in
                        x2.baseAddress.flatMap { base in
                            request.x2.map { MatrixView(base, rows: $0.rows, columns: $0.rowLength) }
                        }
                    },
                    into: destinations, threads: context.threads,
                    report: { quadratureError = $0.quadratureError },
                    progress: { context.progress(completed: $0, total: $1, unit: "tiles", message: "") },
                    isCancelled: { context.isCancelled })
            }
        }
        return try finish(outputs, quadratureError: quadratureError)
    }

    /// - Parameter quadratureError: The estimated relative error of layers without a closed form, where there are any.
    private func finish<Scalar: KernelScalar & ArrayElement>(
        _ outputs: [KernelOutput<Scalar>], quadratureError: Double?
    ) throws -> ComputationOutput {
        var result = ComputationOutput()
        if request.include.contains(.layers) { result.members["layers"] = request.network.layerNames.map { .strings($0) } }
        if let quadratureError { result.metrics["quadrature_error"] = .double(quadratureError) }
        for output in outputs {
            let measured = try output.measure(symmetric: request.x2 == nil, threads: context.threads)
            for (name, value) in measured {
                if outputs.count == 1 { result.metrics[name] = value }
                result.metrics["\(output.kind.rawValue)_\(name)"] = value
            }
            try context.checkCancellation()
            result.arrays += try output.commit(to: context.blobs)
        }
        return result
    }

    private func values<Scalar: KernelScalar>(of reference: DataReference) throws -> [Scalar] {
        let values = try RowLoader.values(of: reference, blobs: context.blobs)
        return (values as? [Scalar]) ?? values.map { Scalar($0) }
    }

    private func withOptionalBuffer<Scalar>(_ values: [Scalar]?, _ body: (UnsafeBufferPointer<Scalar>?) throws -> Void) throws {
        guard let values else { return try body(nil) }
        try values.withUnsafeBufferPointer { try body($0) }
    }
}

extension KernelRequest {
    func compute(_ context: JobContext) throws -> ComputationOutput {
        try KernelComputation(request: self, context: context).run()
    }
}
