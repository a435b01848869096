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
    init?(_ reader: RequestReader) throws {
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
        (self.id, self.architecture, self.inputShape, self.parameters) = (id, architecture, inputShape, parameters)
    }
}

extension RequestReader {
    /// The request's own architecture, or that of the network it names.
    func architectureOrThatOfNetwork() throws -> Architecture? {
        guard members.has("network"), !members.has("architecture") else { return architecture() }
        return try StoredNetwork(self)?.architecture
    }

    /// The network that the request names, whose parameters are to be those of `network`; nil where it names none, or with a fault.
    func storedNetwork(for network: FiniteNetwork?) throws -> StoredNetwork? {
        guard members.has("network"), let network, let stored = try StoredNetwork(self) else { return nil }
        if members.has("parameters") {
            members.fault(at: "parameters", "The parameters come from network already; leave parameters or network out.")
        }
        guard stored.parameters.rowLength == network.parameterCount else {
            members.fault(
                at: "network", "This network has \(stored.parameters.rowLength) parameters, and the architecture \(network.parameterCount); leave architecture out to take its own.")
            return nil
        }
        return stored
    }
}
