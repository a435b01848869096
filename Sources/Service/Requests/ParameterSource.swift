import Architectures
import Arrays
import FiniteNetworks
import JSON
import Jobs

/// Where the parameters of finite networks come from.
enum ParameterSource: Sendable {
    /// A network drawn for each seed.
    case seeds([Int])
    /// One network's parameters as one row; `json` shows where they came from.
    case given(DataReference, member: String, json: JSONValue)
    /// Those of a step of a training.
    case trained(TrainedRun)

    /// How many networks there are.
    var count: Int { if case .seeds(let seeds) = self { seeds.count } else { 1 } }

    /// The member of a request that names it.
    var member: (name: String, value: JSONValue) {
        switch self {
        case .seeds(let seeds): ("seeds", .integers(seeds))
        case .given(_, let member, let json): (member, json)
        case .trained(let run): ("training", run.json)
        }
    }

    static let members = ["seeds", "parameters", "training", "network"]

    /// Reads whichever of ``members`` a request has; without any, the network of seed 0.
    ///
    /// - Parameters:
    ///   - run: What `training` names, which is read first as it may bring the network.
    ///   - stored: What `network` names, read first as well.
    /// - Returns: nil with a fault where it has several, or a faulty one.
    init?(
        _ reader: RequestReader, run: TrainedRun?, stored: StoredNetwork?, of network: FiniteNetwork?, in precision: KernelRequest.Precision
    ) throws {
        let members = reader.members
        let seeds = members.distinctIntegers("seeds", in: 0..., count: 1...10_000)
        let given = members.hasValue("parameters") ? try reader.parameters("parameters", of: network, in: precision) : nil
        let found = Self.members.filter(members.hasValue)
        for other in found.dropFirst() {
            members.fault(at: other, "The parameters come from \(found[0]) already; leave \(other) or \(found[0]) out.")
        }
        if found.count > 1 { return nil }
        switch found.first {
        case "parameters":
            guard let given else { return nil }
            self = .given(given, member: "parameters", json: ["inline": ["parameters": .integer(given.rowLength)]])
        case "training":
            guard let run, let network else { return nil }
            guard run.parameterCount == network.parameterCount else {
                members.fault(
                    at: "training",
                    members.has("architecture")
                        ? "The training's networks have \(run.parameterCount) parameters, and this architecture \(network.parameterCount); leave architecture out to take that of the run."
                        : "The training's networks take inputs of shape \(run.inputShape), and those given have shape \(network.inputShape); send such inputs.")
                return nil
            }
            guard !members.has("architecture") || network.hasParameters(of: run.architecture, inputShape: run.inputShape) else {
                members.fault(at: "training", "This architecture has as many parameters as the training's networks, but other layers or another parameterization; leave architecture out to take that of the run.")
                return nil
            }
            self = .trained(run)
        case "network":
            guard let network, let stored else { return nil }
            stored.check(network, members)
            self = .given(stored.parameters, member: "network", json: .string(stored.id))
        default:
            guard let list = seeds ?? (members.has("seeds") ? nil : [0]) else { return nil }
            self = .seeds(list)
        }
    }
}
