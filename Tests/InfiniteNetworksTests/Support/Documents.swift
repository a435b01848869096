import Architectures
import Foundation
import JSON

struct DocumentError: Error { let description: String }

/// The architecture of a fixture, read by the product's own parser.
func architecture(_ document: [String: Any]) throws -> Architecture {
    let faults = Faults()
    let text = String(decoding: try JSONSerialization.data(withJSONObject: document), as: UTF8.self)
    guard let architecture = ArchitectureParser.parse(try JSONParser.parse(text), faults: faults) else {
        throw DocumentError(description: "\(faults.all)")
    }
    return architecture
}

/// The nonlinearity of a layer of the document.
func nonlinearity(_ layer: [String: Any]) throws -> Nonlinearity {
    guard case .nonlinearity(let nonlinearity) = try architecture(["layers": [layer]]).layers[0].kind else {
        throw DocumentError(description: "\(layer) is not a nonlinearity")
    }
    return nonlinearity
}

/// A file of the fixtures folder as a JSON object.
func fixture(_ name: String) throws -> [String: Any] {
    guard let url = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "json") else {
        throw DocumentError(description: "no fixture \(name)")
    }
    guard let object = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] else {
        throw DocumentError(description: "fixture \(name) is not an object")
    }
    return object
}
