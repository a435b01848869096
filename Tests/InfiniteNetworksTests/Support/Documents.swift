import Architectures
import Foundation
import JSON

/// Just enough of the architecture document for the fixtures here; the product's own parser has its own tests.
struct DocumentError: Error { let description: String }

/// The layers of a fixture, or nil where it needs one that dense stacks do not have.
func architecture(_ document: [String: Any]) throws -> Architecture? {
    guard let entries = document["layers"] as? [Any] else { throw DocumentError(description: "no layers") }
    guard let layers = try layers(entries, at: JSONPointer.root.appending("layers")) else { return nil }
    let name = document["parameterization"] as? String ?? "ntk"
    guard let parameterization = Parameterization(rawValue: name) else { throw DocumentError(description: name) }
    return Architecture(parameterization: parameterization, layers: layers)
}

private func layers(_ entries: [Any], at pointer: JSONPointer) throws -> [Layer]? {
    var result: [Layer] = []
    for (index, entry) in entries.enumerated() {
        guard let kind = try kind(entry, at: pointer.appending(index)) else { return nil }
        result.append(Layer(kind, at: pointer.appending(index)))
    }
    return result
}

private func kind(_ entry: Any, at pointer: JSONPointer) throws -> LayerKind? {
    let members = entry as? [String: Any] ?? [:]
    guard let type = entry as? String ?? members["type"] as? String else { throw DocumentError(description: "\(entry)") }
    func number(_ name: String, _ otherwise: Double) -> Double { members[name] as? Double ?? otherwise }
    switch type {
    case "dense":
        let scales = AffineScales(
            weightStd: number("weight_std", 1), biasStd: number("bias_std", 0), trainable: members["trainable"] as? Bool ?? true)
        return .dense(Dense(width: members["width"] as? Int, scales: scales))
    case "identity": return .identity
    case "relu": return .nonlinearity(.abRelu(a: 0, b: 1))
    case "leaky_relu": return .nonlinearity(.abRelu(a: number("alpha", 0.01), b: 1))
    case "ab_relu": return .nonlinearity(.abRelu(a: number("a", 0), b: number("b", 1)))
    case "abs": return .nonlinearity(.abRelu(a: -1, b: 1))
    case "erf": return .nonlinearity(.erf(a: number("a", 1), b: number("b", 1), c: number("c", 0)))
    case "sigmoid_like": return .nonlinearity(.erf(a: 0.5, b: 1 / 2.4020563531719796, c: 0.5))
    case "gelu": return .nonlinearity(.gelu)
    case "repeat":
        guard let body = members["layers"] as? [Any], let times = members["times"] as? Int else { return nil }
        return try layers(body, at: pointer.appending("layers")).map { .repeat(times: times, $0) }
    case "serial":
        guard let body = members["layers"] as? [Any] else { return nil }
        return try layers(body, at: pointer.appending("layers")).map { .serial($0) }
    default: return nil
    }
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
