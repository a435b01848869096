import Architectures
import Dynamics
import Foundation
import InfiniteNetworks
import JSON
import Jobs

/// What `POST /analyses/kernel` asks for: the geometry of kernels computed here, or of those of a finished job.
struct KernelAnalysisRequest: JobRequest {
    static let endpoints = [JobEndpoint(path: "/analyses/kernel", kind: "analyses.kernel")]

    enum Source: Sendable {
        case network(Architecture, InfiniteNetwork, x: DataReference)
        case jobs(KernelJobs)
    }

    let source: Source
    let kinds: [KernelKind]
    let y: DataReference?
    let task: LearningTask

    var rows: Int {
        switch source {
        case .network(_, _, let x): x.rows
        case .jobs(let jobs): jobs.rows ?? 0
        }
    }

    init?(_ reader: RequestReader) throws {
        let members = reader.members
        let fromJob = members.has("kernel")
        let task = members.task()
        let kinds = members.choices("kinds", of: KernelKind.self, count: 1...)
        let inputShape = members.integers("input_shape", in: 1..., count: 1...3)
        let found = try KernelJobs.find(reader, kinds: kinds, trainOnly: true)
        for name in ["architecture", "x", "input_shape"] where fromJob && members.has(name) {
            members.fault(at: name, "The network and its inputs are those of the job in \"kernel\"; leave \(name) out, or leave kernel out.")
        }
        let x = fromJob ? nil : try reader.requiredInputs("x", inputShape: inputShape)
        let y = try reader.targets("y", task: task, rows: fromJob ? found.rows : reader.rows(of: x, "x"))
        let architecture = fromJob ? nil : reader.architecture(for: .infiniteKernel)
        let network = architecture.flatMap { reader.network($0, inputs: x, named: "x") }
        reader.finish()
        guard reader.faults.isEmpty, let task else { return nil }
        self.task = task
        let jobs = found.jobs
        self.kinds = kinds ?? KernelKind.allCases.filter { jobs == nil || jobs?.blocks[$0] != nil }
        self.y = y
        if let jobs { source = .jobs(jobs) } else if let architecture, let network, let x { source = .network(architecture, network, x: x) } else { return nil }
    }

    var json: JSONValue {
        var object = JSONObject([("kinds", .strings(kinds.map(\.rawValue)))])
        switch source {
        case .network(let architecture, _, let x):
            object["architecture"] = architecture.json
            object["x"] = x.json
            object["input_shape"] = .integers(x.shape)
        case .jobs(let jobs): object["kernel"] = jobs.json
        }
        if let y {
            object["y"] = y.json
            object["task"] = .string(task.rawValue)
        }
        return .object(object)
    }

    var size: (count: Int, name: String) { (rows, "rows") }
    var advice: String? { kinds.count > 1 ? "ask for one of the kinds" : nil }

    func forecast(size n: Int, threads: Int) -> Forecast {
        let matrix = Forecast.product(n, n, 8)
        var (working, operations, inputs) = (0, 0.0, 0)
        if case .network(_, let network, let x) = source {
            let kernels = network.forecast(rows: n, columns: nil, bytesPerElement: 8, threads: threads)
            (working, operations) = (Forecast.bytes(kernels.workingBytes), kernels.operations)
            inputs = Forecast.product(n, x.rowLength, 8)
        }
        return Forecast(
            resultBytes: Forecast.product(kinds.count, Forecast.sum(Forecast.product(2, matrix), Forecast.product(n, 16))),
            // The kernels, their cosines and angles, and LAPACK's workspace of two matrices.
            peakBytes: Forecast.sum(Forecast.processBytes, inputs, working, Forecast.product(3 * kinds.count + 2, matrix)),
            // A decomposition with vectors.
            operations: operations + 9 * pow(Double(n), 3) * Double(kinds.count))
    }
}
