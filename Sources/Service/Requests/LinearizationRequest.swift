import Architectures
import FiniteNetworks
import JSON
import Jobs

/// What `POST /linearizations` asks for, checked: a network, and a displacement along which it is expanded.
struct LinearizationRequest: JobRequest {
    static let endpoints = [JobEndpoint(path: "/linearizations", kind: "linearizations")]

    /// From where errors are rounding for most networks, to the whole displacement.
    static let defaultScales = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]

    let network: FiniteNetwork
    let x: DataReference
    /// Of w₀, where neither parameters were given nor a training.
    let seed: Int
    let parameters: DataReference?
    /// The id of the network that brought the parameters.
    let storedNetwork: String?
    let displacement: ParameterDisplacement
    let scales: [Double]

    init?(_ reader: RequestReader) throws {
        let (members, faults) = (reader.members, reader.faults)
        let (run, trained) = try Self.training(reader)
        let isTrained = members.value("displacement")?["training"] != nil
        let stored = try reader.storedNetwork()
        let architecture = isTrained ? trained?.architecture : reader.architecture(orThatOf: stored)
        let inputShape = members.integers("input_shape", in: 1..., count: 1...3)
        let x = try reader.requiredInputs("x", inputShape: inputShape, of: trained, foldedFor: stored)
        let network = architecture.flatMap { reader.finiteNetwork($0, of: trained, inputs: x, named: "x") }
        if let trained, let shape = reader.outline("x").shape, shape != trained.inputShape {
            members.fault(at: "x", "Its rows have shape \(shape), those of the training \(trained.inputShape); both must be inputs of the same network.")
        }
        seed = members.integer("seed", in: 0..., default: 0)
        if let stored, let network { stored.check(network, members) }
        let given = try reader.parameters("parameters", of: network)
        parameters = stored?.parameters ?? given
        reader.refuseParametersBesideNetwork()
        storedNetwork = stored?.id
        let displacement = try ParameterDisplacement(reader, run: run, network: network)
        scales = members.distinctNumbers("scales", in: .positive, count: 1...1000) ?? Self.defaultScales
        if members.has("parameters") || members.has("network"), members.has("seed") {
            members.fault(at: "seed", "The network is given by its parameters; leave seed out, or leave the parameters out.")
        }
        if isTrained {
            for name in ["architecture", "seed", "parameters", "network"] where members.has(name) {
                members.fault(at: name, "The network is that of the training, from its start on; leave \(name) out.")
            }
        }
        reader.finish()
        guard faults.isEmpty, let network, let x, let displacement else { return nil }
        (self.network, self.x, self.displacement) = (network, x, displacement)
    }

    /// The run that `displacement/training` names, and what is known of its network where it cannot be used.
    private static func training(_ reader: RequestReader) throws -> (run: TrainedRun?, network: TrainedNetwork?) {
        guard case .object(let object) = reader.members.value("displacement"), object["training"] != nil else { return (nil, nil) }
        let displacement = ObjectReader(object, at: reader.members.pointer(to: "displacement"), faults: reader.faults)
        let training = displacement.object("training")
        displacement.finish()
        guard let training else { return (nil, nil) }
        guard let run = try TrainedRun(training, reader) else {
            return (nil, try TrainedNetwork(of: object["training"], at: training.pointer, reader))
        }
        if !run.hasStart { training.fault(at: "job", "The training did not keep the parameters that it started from; train with 0 among snapshot_steps.") }
        return (run.hasStart ? run : nil, TrainedNetwork(run))
    }

    var json: JSONValue {
        var object = JSONObject()
        if case .trained = displacement {
            // The training says which network it is.
        } else {
            object["architecture"] = network.architecture.json
            if let storedNetwork {
                object["network"] = .string(storedNetwork)
            } else if let parameters {
                object["parameters"] = ["inline": ["parameters": .integer(parameters.rowLength)]]
            } else {
                object["seed"] = .integer(seed)
            }
        }
        object["x"] = x.json
        object["input_shape"] = .integers(x.shape)
        object["displacement"] = displacement.json
        object["scales"] = .numbers(scales)
        return .object(object)
    }
}

extension LinearizationRequest {
    var size: (count: Int, name: String) { (x.rows, "rows") }
    var advice: String? { "ask for fewer scales" }

    func forecast(size count: Int, threads: Int) -> Forecast {
        let numbers = Forecast.product(3 * scales.count + 3, count, network.outputCount, 8)
        return Forecast(
            resultBytes: numbers,
            peakBytes: Forecast.sum(
                Forecast.processBytes, Forecast.product(count, x.rowLength, 8), Forecast.product(network.parameterCount, 24),
                Forecast.bytes(TaylorExpansion.bytes(network, rows: count, scales: scales.count))))
    }
}
