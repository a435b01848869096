import Architectures
import Arrays
import FiniteNetworks
import JSON
import Jobs

/// Along what a network is expanded: `displacement` of `POST /linearizations`.
enum ParameterDisplacement: Sendable {
    /// In the request, one `{"weight", "bias"}` a layer.
    case given(DataReference)
    /// A random direction over the trainable parameters, as long as this share of the norm of w₀.
    case random(seed: Int, relativeNorm: Double)
    /// w_n − w₀ of a run of a training.
    case trained(TrainedRun)

    /// Reads `displacement`; nil where it is faulty. Left out, it is random with the seed 0.
    ///
    /// - Parameter run: What `displacement/training` names, which is read first as it brings the network.
    init?(_ reader: RequestReader, run: TrainedRun?, network: FiniteNetwork?) throws {
        let (members, faults) = (reader.members, reader.faults)
        if let run {
            self = .trained(run)
            return
        }
        switch members.value("displacement") ?? .object(JSONObject()) {
        // A stored specification says {"inline"} where numbers were given, and has them among its data.
        case .object(let object) where object["inline"] == nil:
            let reader = ObjectReader(object, at: members.pointer(to: "displacement"), faults: faults)
            if reader.has("training") { return nil }
            let seed = reader.integer("seed", in: 0..., default: 0)
            let share = reader.number("relative_norm", in: .positive, default: 0.1)
            reader.finish()
            if let network, network.trainableRanges.isEmpty {
                members.fault(at: "architecture", "The network has no trainable layer, so there is nothing to displace; add a dense or conv layer, or set its trainable to true.")
            }
            self = .random(seed: seed, relativeNorm: share)
        case let value:
            let pointer = members.pointer(to: "displacement")
            guard value.elements != nil || value["inline"] != nil else {
                faults.add(pointer, "This must be {\"seed\", \"relative_norm\"} for a random displacement, {\"training\": {\"job\"}} for that of a training, or one {\"weight\", \"bias\"} for each layer, not \(value.kind).")
                return nil
            }
            guard let given = try reader.parameters("displacement", of: network) else { return nil }
            self = .given(given)
        }
    }

    /// As shown in a result's `request`.
    var json: JSONValue {
        switch self {
        case .given(let reference): ["inline": ["parameters": .integer(reference.rowLength)]]
        case .random(let seed, let share): ["seed": .integer(seed), "relative_norm": .double(share)]
        case .trained(let run): ["training": run.json]
        }
    }
}
