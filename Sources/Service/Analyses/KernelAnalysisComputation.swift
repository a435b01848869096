import Dynamics
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

extension KernelAnalysisRequest {
    /// A kernel [n, n] with the cosines and angles of its inputs.
    private struct Matrices {
        let kernel: DenseMatrix
        let cosine: DenseMatrix
        let angle: DenseMatrix
    }

    func compute(_ context: JobContext) throws -> ComputationOutput {
        context.progress(completed: 0, total: 1 + kinds.count, unit: "stages", message: "kernels")
        let matrices = try self.matrices(context)
        let targets = try y.map { y in
            let classes = task == .classification ? max(2, y.classCount) : nil
            let values = try RowLoader.targets(of: y, classes: classes, blobs: context.blobs)
            return DenseMatrix(rows: y.rows, columns: values.count / max(1, y.rows), values: values)
        }
        var output = ComputationOutput()
        if let nngp = matrices[.nngp]?.kernel, let ntk = matrices[.ntk]?.kernel {
            output.metrics["nngp_ntk_alignment"] = .finite(KernelGeometry.alignment(nngp, ntk, centred: false))
            output.metrics["nngp_ntk_centered_alignment"] = .finite(KernelGeometry.alignment(nngp, ntk, centred: true))
        }
        for (index, kind) in kinds.enumerated() {
            guard let found = matrices[kind] else { continue }
            try context.checkCancellation()
            context.progress(completed: 1 + index, total: 1 + kinds.count, unit: "stages", message: "eigenvalues")
            for (name, matrix) in [("cosine", found.cosine), ("angle", found.angle)] {
                output.arrays.append(
                    try ResultArray("\(kind.rawValue)_\(name)", shape: [rows, rows], UnsafeBufferPointer(matrix.elements), blobs: context.blobs))
            }
            let geometry = try KernelGeometry(overwriting: found.kernel, targets: targets, threads: context.threads)
            output.arrays.append(try ResultArray("\(kind.rawValue)_spectrum", shape: [rows], geometry.spectrum.eigenvalues, blobs: context.blobs))
            if let energy = geometry.targets?.energy {
                output.arrays.append(try ResultArray("\(kind.rawValue)_target_energy", shape: [rows], energy, blobs: context.blobs))
            }
            output.metrics[kind.rawValue] = metrics(geometry)
        }
        return output
    }

    private func metrics(_ geometry: KernelGeometry) -> JSONValue {
        let spectrum = geometry.spectrum
        var object = JSONObject([
            ("trace", .finite(geometry.trace)), ("frobenius_norm", .finite(geometry.frobeniusNorm)), ("lambda_max", .finite(spectrum.largest)),
            ("lambda_min", .finite(spectrum.smallest)), ("condition_number", .finite(spectrum.conditionNumber)), ("rank", .integer(geometry.rank)),
            ("effective_rank", .finite(spectrum.effectiveRank)), ("participation_ratio", .finite(geometry.participationRatio)),
            ("stable_rank", .finite(geometry.stableRank)),
        ])
        if let targets = geometry.targets {
            object["target_alignment"] = .finite(targets.alignment)
            object["target_centered_alignment"] = .finite(targets.centredAlignment)
        }
        return .object(object)
    }

    private func matrices(_ context: JobContext) throws -> [KernelKind: Matrices] {
        switch source {
        case .jobs(let jobs):
            return try jobs.blocks.mapValues { blocks in
                let kernel = DenseMatrix(rows: rows, columns: rows, values: try RowLoader.values(of: blocks.train, blobs: context.blobs))
                let (cosine, angle) = KernelGeometry.angles(of: kernel)
                return Matrices(kernel: kernel, cosine: cosine, angle: angle)
            }
        case .network(_, let network, let x):
            // Angles of inputs that nearly coincide keep their digits only where the kernel is computed.
            func empty() -> DenseMatrix { DenseMatrix(rows: rows, columns: rows) }
            let results = Dictionary(uniqueKeysWithValues: kinds.map { ($0, Matrices(kernel: empty(), cosine: empty(), angle: empty())) })
            func arrays(_ kind: KernelKind) -> KernelArrays<Double>? {
                results[kind].map { KernelArrays(kernel: $0.kernel.base, cosine: $0.cosine.base, angle: $0.angle.base) }
            }
            let inputs = DenseMatrix(rows: rows, columns: x.rowLength, values: try RowLoader.values(of: x, blobs: context.blobs))
            try network.compute(
                x1: inputs.view, x2: nil, into: KernelDestinations(nngp: arrays(.nngp), ntk: arrays(.ntk)), threads: context.threads,
                isCancelled: { context.isCancelled })
            return results
        }
    }
}
