import Architectures
import Arrays
import FiniteNetworks
import JSON
import Jobs

/// A network brought from elsewhere on its way from a body on disk to a blob and a row of the store.
struct NetworkUpload {
    let name: String
    let network: FiniteNetwork
    let parameters: Blob
    private let largestParameter: Double

    static let mediaType = "application/x-safetensors"

    /// The architecture and the shape of an input stand in the query, or in the file's own metadata.
    ///
    /// - Throws: ``Problem``; nothing is left behind then.
    init(path: String, query: Query, blobs: BlobStore) throws {
        let file = try SafetensorsFile(path: path)
        let name = try query.one("name") ?? file.metadata["name"] ?? ""
        guard name.count <= 200 else { throw Problem(.invalidRequest, "A network's name has at most 200 characters.") }
        guard let text = try query.one("architecture") ?? file.metadata["architecture"] else {
            throw SafetensorsFile.refusal(
                "The file does not say which network it is of; send the architecture document in the query (architecture=...), or write it into the file's metadata.",
                at: Self.architecturePlace)
        }
        let document: JSONValue
        do {
            document = try JSONParser.parse(text)
        } catch {
            throw SafetensorsFile.refusal("The architecture is no JSON: \(error)", at: Self.architecturePlace)
        }
        let faults = Faults()
        let architecture = ArchitectureParser.draft(document, for: .finiteNetwork, faults: faults)
        let shape = try Self.inputShape(try query.one("input_shape") ?? file.metadata["input_shape"], file)
        let network = architecture.flatMap { FiniteNetwork($0, inputShape: shape, faults: faults) }
        guard faults.isEmpty, let architecture, let network else { throw Problem.invalidDocument(faults) }
        guard architecture.parameterization != .ntk else {
            throw Problem.invalidDocument(
                at: JSONPointer.root.appending("parameterization"),
                "In the ntk parameterization weights are multiplied by weight_std/sqrt(fan_in) before they are used; for parameters that are used as they are write \"pytorch\", or \"standard\" with a bias_std of 0 where layers have no bias.")
        }
        guard network.parameterCount > 0 else { throw Problem.invalidDocument(at: JSONPointer.root.appending("layers"), "The network has no parameters; give it a dense or conv layer.") }
        let source = try UploadedParameters(file, of: network)
        // Straight into the file, so that a network of any size takes no memory of the server's.
        let array = try ArrayFile(path: blobs.makeTemporaryPath(), shape: ArrayShape([1, network.parameterCount]), elementType: .float64)
        var largest = 0.0
        if let values = array.elements(as: Double.self) {
            try source.write(into: values)
            for value in values { largest = max(largest, abs(value)) }
        }
        try array.finish()
        largestParameter = largest
        parameters = try blobs.commit(fileAt: array.path)
        (self.name, self.network) = (name, network)
    }

    // Members of the query, or of the file's metadata.
    private static let architecturePlace = JSONPointer.root.appending("architecture")
    private static let inputShapePlace = JSONPointer.root.appending("input_shape")

    /// That of the query, `[28, 28, 1]`; without one the inputs of the first linear layer.
    private static func inputShape(_ text: String?, _ file: SafetensorsFile) throws -> [Int] {
        if let text {
            guard let shape = (try? JSONParser.parse(text))?.integers, (1...3).contains(shape.count), shape.allSatisfy({ $0 >= 1 }) else {
                throw SafetensorsFile.refusal(
                    "input_shape is \"\(text.prefix(64))\"; it must be such as [784], or [28, 28, 1] with the channels last.", at: Self.inputShapePlace)
            }
            return shape
        }
        let weights = file.tensors.filter { $0.name == "weight" || $0.name.hasSuffix(".weight") }
        guard let first = weights.min(by: { UploadedParameters.precedes($0.name, $1.name) }), first.shape.count == 2 else {
            throw SafetensorsFile.refusal(
                "The shape of an input is not known; send input_shape=[height,width,channels] in the query, with the channels last.",
                at: Self.inputShapePlace)
        }
        return [first.shape[1]]
    }

    /// The network's row. It is known by its parameters and its architecture.
    var row: Dataset {
        let metadata = NetworkMetadata(
            architecture: network.architecture, inputShape: network.inputShape, parameters: network.parameterCount, largestParameter: largestParameter)
        return Dataset(
            name: name, metadata: metadata.json.ownString, inputs: parameters, targets: nil,
            sha256: SHA256Hasher.digest(of: (parameters.sha256 + metadata.json.ownString).utf8), bytes: parameters.bytes, kind: .network)
    }
}

/// What a network's row in the store says of it.
struct NetworkMetadata {
    let architecture: Architecture
    let inputShape: [Int]
    let parameters: Int
    /// The largest magnitude among them, which a job's precision has to hold; nil in rows of earlier versions.
    let largestParameter: Double?

    init(architecture: Architecture, inputShape: [Int], parameters: Int, largestParameter: Double?) {
        (self.architecture, self.inputShape, self.parameters) = (architecture, inputShape, parameters)
        self.largestParameter = largestParameter
    }

    /// Nil if it is the row of a dataset, or damaged.
    init?(_ row: Dataset) {
        guard row.kind == .network, let json = try? JSONParser.parse(row.metadata), let document = json["architecture"],
            let architecture = ArchitectureParser.parse(document, faults: Faults()), let inputShape = json["input_shape"]?.integers,
            let parameters = json["parameters"]?.integer
        else { return nil }
        self.init(
            architecture: architecture, inputShape: inputShape, parameters: parameters, largestParameter: json["largest_parameter"]?.double)
    }

    var json: JSONValue {
        [
            "architecture": architecture.json, "input_shape": .integers(inputShape), "parameters": .integer(parameters),
            "largest_parameter": largestParameter.map { .double($0) } ?? .null,
        ]
    }

    /// The network as clients see it.
    func document(_ row: Dataset) -> JSONValue {
        .object([
            "id": .string(row.id), "name": .string(row.name), "architecture": architecture.json, "input_shape": .integers(inputShape),
            "parameters": .integer(parameters), "bytes": .integer(row.bytes), "sha256": .string(row.sha256),
            "created_at": .string(RFC3339.text(row.createdAt)), "links": ["self": .string("/networks/\(row.id)")],
        ])
    }
}
