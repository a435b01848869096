import Architectures
import FiniteNetworks
import JSON
import Jobs

/// A network that was brought from elsewhere, named by a request: `"network": "<id>"`.
struct StoredNetwork {
    let id: String
    let architecture: Architecture
    let inputShape: [Int]
    /// One row.
    let parameters: DataReference

    /// Nil where the member is absent, or with a fault where there is no such network.
    ///
    /// - Parameter precision: In which the network computes; its range holds the parameters.
    init?(_ reader: RequestReader, in precision: KernelRequest.Precision = .float64) throws {
        let pointer = reader.members.pointer(to: "network")
        guard let id = reader.members.string("network") else { return nil }
        let fact = try reader.fact(pointer) { store, _ in
            guard let row = try store.dataset(id), let metadata = NetworkMetadata(row) else {
                reader.faults.add(pointer, "There is no network with this id; GET /networks lists them.")
                return nil
            }
            return metadata.json
        }
        let parameters = try reader.reference(pointer) { store, _ in
            guard let row = try store.dataset(id), let metadata = NetworkMetadata(row) else { return nil }
            return DataReference(
                source: .dataset(id: id, blob: row.inputs, rows: 0..<1, standardize: .none), rows: 1, shape: [metadata.parameters])
        }
        guard let fact, let parameters, let document = fact["architecture"], let inputShape = fact["input_shape"]?.integers,
            let architecture = ArchitectureParser.parse(document, at: pointer, faults: reader.faults)
        else { return nil }
        if precision == .float32, let largest = fact["largest_parameter"]?.double, !Float(largest).isFinite {
            reader.faults.add(pointer, "Among its parameters is one of magnitude \(largest), beyond what float32 holds; set precision to \"float64\".")
        }
        (self.id, self.architecture, self.inputShape, self.parameters) = (id, architecture, inputShape, parameters)
    }

    /// Records a fault where its parameters cannot be those of `network`.
    func check(_ network: FiniteNetwork, _ members: ObjectReader) {
        let (own, other) = (parameters.rowLength, network.parameterCount)
        guard own != other else {
            if members.has("architecture"), !network.hasParameters(of: architecture, inputShape: inputShape) {
                members.fault(at: "network", "The architecture has as many parameters as this network, but other layers or another parameterization; leave architecture out to take its own.")
            }
            return
        }
        members.fault(
            at: "network",
            members.has("architecture")
                ? "This network has \(own) parameters, and the architecture \(other); leave architecture out to take its own."
                : "This network takes inputs of shape \(inputShape), and those given have shape \(network.inputShape); send such inputs, or say how a row folds in input_shape.")
    }
}

extension FiniteNetwork {
    /// Whether the parameters of a network of this architecture mean the same in this one: the same layers with weights of the
    /// same shapes and scales. What lies between them may differ.
    func hasParameters(of architecture: Architecture, inputShape: [Int]) -> Bool {
        guard let other = FiniteNetwork(draft: architecture, inputShape: inputShape, faults: Faults()), other.layers.count == layers.count else {
            return false
        }
        return zip(layers, other.layers).allSatisfy { own, its in
            own.weightShape == its.weightShape && own.weight == its.weight && own.bias == its.bias && own.weightScale == its.weightScale
                && own.biasScale == its.biasScale
        }
    }
}

extension RequestReader {
    /// The network that the request names; nil where it names none, or with a fault.
    func storedNetwork(in precision: KernelRequest.Precision = .float64) throws -> StoredNetwork? {
        members.has("network") ? try StoredNetwork(self, in: precision) : nil
    }

    /// The request's own architecture, or that of the network it names.
    func architecture(orThatOf stored: StoredNetwork?) -> Architecture? {
        let isThatOfNetwork = members.hasValue("network") && !members.has("architecture")
        return isThatOfNetwork ? stored?.architecture : architecture(for: .finiteNetwork)
    }

    func refuseParametersBesideNetwork() {
        guard members.has("network"), members.has("parameters") else { return }
        members.fault(at: "parameters", "The parameters come from network already; leave parameters or network out.")
    }
}
