import Arrays
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

/// What a worker runs: finds the computation by the job's kind and writes the result's document.
public struct ServiceComputation: Computation {
    public init() {}

    public func run(_ job: ClaimedJob, _ context: JobContext) throws -> ComputedResult {
        let start = ContinuousClock.now
        do {
            let request = try KernelRequest(specification: job.spec, jobKind: job.kind)
            let (arrays, metrics) = try KernelComputation(request: request, context: context).run()
            let document: JSONValue = .object([
                "kind": .string(job.kind), "request": request.json,
                "layers": request.include.contains(.layers) ? .strings(request.stack.layerNames) : nil, "metrics": metrics,
                "timing": [
                    "queue_seconds": .double((job.startedAt - job.createdAt).inSeconds),
                    "compute_seconds": .double((ContinuousClock.now - start).inSeconds),
                ],
            ])
            return ComputedResult(document: String(decoding: try document.serialized(), as: UTF8.self), arrays: arrays)
        } catch {
            throw Self.failure(error)
        }
    }

    /// Numerical trouble and full disks as failures with a code of their own; everything else as it came.
    private static func failure(_ error: any Error) -> any Error {
        switch error {
        case KernelError.cancelled: CancellationError()
        case let error as KernelError: JobFailure(code: "non_finite_result", title: "The kernel is not finite", status: 422, detail: "\(error)")
        case let error as NonFiniteNumber: JobFailure(code: "non_finite_result", title: "The result is not finite", status: 422, detail: "\(error)")
        case let error as SpectrumError:
            JobFailure(code: "eigensolver_failed", title: "The eigenvalues could not be computed", status: 500, detail: "\(error)")
        case let error as ArrayError where error.kind == .storageFull: StorageError.full
        default: error
        }
    }
}

extension JobFailure {
    /// A failure that would come again: not retried.
    init(code: String, title: String, status: Int, detail: String) {
        let problem: JSONValue = [
            "type": .string(Problem.type(of: code)), "title": .string(title), "status": .integer(status), "detail": .string(Problem.sentence(detail)), "code": .string(code),
        ]
        self.init(problem: problem.ownString)
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
