import Arrays
import Dynamics
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

/// What a worker runs: finds the computation by the job's kind and writes the result's document.
public struct ServiceComputation: Computation {
    public init() {}

    public func run(_ job: ClaimedJob, _ context: JobContext) throws -> ComputedResult {
        let start = ContinuousClock.now
        func result(_ request: JSONValue, _ output: ComputationOutput) throws -> ComputedResult {
            let document = JSONObject(
                [("kind", .string(job.kind)), ("request", request)] + output.members.members + [
                    ("metrics", .object(output.metrics)),
                    (
                        "timing",
                        [
                            "queue_seconds": .double((job.startedAt - job.createdAt).inSeconds),
                            "compute_seconds": .double((ContinuousClock.now - start).inSeconds),
                        ]
                    ),
                ])
            let text = try JSONValue.object(document).serialized()
            return ComputedResult(document: String(decoding: text, as: UTF8.self), arrays: output.arrays)
        }
        do {
            guard let type = JobRequests.type(of: job.kind) else { throw DamagedSpecification(detail: "of unknown kind \(job.kind)") }
            let (request, output) = try Self.compute(job, as: type, context)
            guard !output.isPartial else { throw PartialResult(try result(request, output)) }
            return try result(request, output)
        } catch {
            throw Self.failure(error)
        }
    }

    private static func compute<Request: JobRequest>(
        _ job: ClaimedJob, as type: Request.Type, _ context: JobContext
    ) throws -> (request: JSONValue, output: ComputationOutput) {
        let request = try Request(specification: job.spec, kind: job.kind)
        return (request.json, try request.compute(context))
    }

    /// Numerical trouble and full disks as failures with a code of their own; everything else as it came.
    private static func failure(_ error: any Error) -> any Error {
        switch error {
        case KernelError.cancelled, DynamicsError.cancelled, FieldError.cancelled: CancellationError()
        case let error as any NumericalFailure: JobFailure(error)
        case let error as KernelError where error.isDivergence:
            JobFailure(code: .kernelDiverges, title: "The kernel does not exist for these inputs", status: 422, detail: "\(error)")
        case let error as KernelError: JobFailure(code: .nonFiniteResult, title: "The kernel is not finite", status: 422, detail: "\(error)")
        case let error as NonFiniteNumber: JobFailure(code: .nonFiniteResult, title: "The result is not finite", status: 422, detail: "\(error)")
        case let error as SpectrumError:
            JobFailure(code: .eigensolverFailed, title: "The eigenvalues could not be computed", status: 500, detail: "\(error)")
        case let error as ArrayError where error.kind == .storageFull: StorageError.full
        default: error
        }
    }
}

extension JobFailure {
    init(_ failure: any NumericalFailure) {
        self.init(code: failure.code, title: failure.title, status: 422, detail: failure.detail, members: failure.members)
    }

    /// A failure that would come again: not retried.
    init(code: JobErrorCode, title: String, status: Int, detail: String, members: [(name: String, value: JSONValue)] = []) {
        let problem = JSONObject(
            [
                (name: "type", value: .string(Problem.type(of: code.rawValue))), ("title", .string(title)), ("status", .integer(status)),
                ("detail", .string(Problem.sentence(detail))), ("code", .string(code.rawValue)),
            ] + members)
        self.init(problem: JSONValue.object(problem).ownString)
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension KernelError {
    /// Whether a layer has no kernel at the variance that an input has there.
    var isDivergence: Bool {
        if case .divergence = self { true } else { false }
    }
}
