import JSON

/// An architecture document in one line: for the subtitle of a figure.
enum NetworkText {
    private static let longest = 12

    /// - Parameter hiddenWidth: What stands for the width of hidden layers, where a sweep replaced it.
    static func line(_ architecture: JSONValue?, hiddenWidth: String? = nil) -> String {
        guard let architecture, let layers = architecture["layers"]?.elements else { return "" }
        var names = layers.map { name(of: $0) }
        if let hiddenWidth {
            let affine = layers.indices.filter { isAffine(layers[$0]) }
            for index in affine.dropLast() { names[index] = "\(type(of: layers[index]))(\(hiddenWidth))" }
        }
        if names.count > longest { names = names.prefix(longest - 2) + ["\u{2026}"] + names.suffix(1) }
        let parameterization = architecture["parameterization"]?.text.map { ", \($0) parameterization" } ?? ""
        return names.joined(separator: " \u{B7} ") + parameterization
    }

    private static func type(of layer: JSONValue) -> String { layer.text ?? layer["type"]?.text ?? "layer" }

    private static func isAffine(_ layer: JSONValue) -> Bool { ["dense", "conv", "conv_local", "conv_transpose"].contains(type(of: layer)) }

    private static func name(of layer: JSONValue) -> String {
        let type = type(of: layer)
        if let size = layer["width"]?.integer ?? layer["channels"]?.integer { return "\(type)(\(size))" }
        if type == "repeat", let times = layer["times"]?.integer, let inner = layer["layers"]?.elements {
            return "\(times) \u{D7} (\(inner.map { name(of: $0) }.joined(separator: " \u{B7} ")))"
        }
        return type
    }
}

extension JSONValue {
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var double: Double? { if case .number(let number) = self { number.value } else { nil } }
    var integer: Int? { if case .number(let number) = self { number.integer } else { nil } }
    /// The numbers of a series; nil for anything else, and empty for an empty array.
    var doubles: [Double]? {
        switch self {
        case .tensor(let tensor): tensor.values
        case .array(let elements): elements.isEmpty ? [] : nil
        default: nil
        }
    }
}
