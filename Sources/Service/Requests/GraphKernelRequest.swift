import Foundation
import InfiniteNetworks
import JSON
import Jobs

/// What `POST /kernels/graph` asks for: the neural tangent kernel of an infinitely wide graph network, between graphs.
struct GraphKernelRequest: JobRequest {
    enum Inclusion: String, Sendable, CaseIterable { case cosine, diagonal, spectrum }

    static let endpoints = [JobEndpoint(path: "/kernels/graph", kind: "kernels.graph")]

    let network: GraphNetwork
    let x1: GraphSet
    let x2: GraphSet?
    let include: [Inclusion]

    init?(_ reader: RequestReader) throws {
        let members = reader.members
        if members.requiredValue("x1") == .null { members.fault(at: "x1", "There are no graphs; send at least one.") }
        let x1 = try reader.graphs("x1")
        let x2 = try reader.graphs("x2", beside: "x1")
        network = GraphNetwork(
            layers: members.integer("layers", in: 1...100, default: 2), perceptronLayers: members.integer("mlp_layers", in: 1...100, default: 1),
            jumpingKnowledge: members.bool("jumping_knowledge", default: false),
            scaling: members.choice("scaling", default: GraphNetwork.Scaling.uniform))
        include = members.choices("include", of: Inclusion.self) ?? []
        reader.finish()
        members.refuseSpectrumOfTwoSets()
        guard reader.faults.isEmpty, let x1 else { return nil }
        self.x1 = x1
        self.x2 = x2
    }

    var json: JSONValue {
        [
            "x1": x1.shown, "x2": x2?.shown ?? .null, "layers": .integer(network.layers), "mlp_layers": .integer(network.perceptronLayers),
            "jumping_knowledge": .bool(network.jumpingKnowledge), "scaling": .string(network.scaling.rawValue),
            "include": .strings(include.map(\.rawValue)),
        ]
    }

    var size: (count: Int, name: String) { (x1.count, "graphs") }
    var advice: String? { include.contains(.spectrum) ? "leave \"spectrum\" out" : nil }

    /// The forecast for the first `count` graphs of x1, and of x2 no more.
    func forecast(size count: Int, threads: Int) -> Forecast {
        let (first, second) = (Array(x1.sizes.prefix(count)), x2.map { Array($0.sizes.prefix(count)) })
        let working = network.forecast(x1: first, x2: second, dimension: x1.dimension, threads: threads)
        let matrices = include.contains(.cosine) ? 2 : 1
        let vectors = include.count { $0 != .cosine }
        let columns = second?.count ?? first.count
        let spectrum = include.contains(.spectrum) ? 1 : 0
        let features = Forecast.product((first + (second ?? [])).reduce(0, +), x1.dimension, 8)
        return Forecast(
            resultBytes: Forecast.sum(Forecast.product(matrices, first.count, columns, 8), Forecast.product(vectors, first.count, 8)),
            peakBytes: Forecast.sum(
                Forecast.processBytes, features, Forecast.bytes(working.workingBytes), Forecast.product(spectrum, first.count, first.count, 8)),
            // Of a pair of nodes a layer of relu costs about as much as in a dense network.
            operations: working.elements * 25 + Double(spectrum) * 4 / 3 * pow(Double(first.count), 3))
    }

    func compute(_ context: JobContext) throws -> ComputationOutput {
        let (first, second) = (try x1.load(context.blobs), try x2?.load(context.blobs))
        let wanted = include.compactMap { KernelRequest.Inclusion(rawValue: $0.rawValue) }
        let output = try KernelOutput<Double>(
            of: .ntk, rows: first.count, columns: (second ?? first).count, include: wanted, blobs: context.blobs)
        guard let kernel = output.pointers.kernel else { return ComputationOutput() }
        try network.compute(
            x1: first, x2: second,
            into: GraphKernelArrays(kernel: kernel, cosine: output.pointers.cosine, diagonal: output.pointers.diagonal),
            threads: context.threads, progress: { context.progress(completed: $0, total: $1, unit: "pairs", message: "") },
            isCancelled: { context.isCancelled })
        var result = ComputationOutput()
        for (name, value) in try output.measure(symmetric: second == nil, threads: context.threads) {
            result.metrics[name] = value
            result.metrics["ntk_\(name)"] = value
        }
        try context.checkCancellation()
        result.arrays = try output.commit(to: context.blobs)
        return result
    }
}
