import JSON

/// Reads the members of a preset, and keeps what it was asked for: that is the preset's description.
final class PresetReader {
    private let reader: ObjectReader
    private let parameterization: Parameterization
    private(set) var members: [PresetMember] = []

    init(_ reader: ObjectReader, _ parameterization: Parameterization) {
        self.reader = reader
        self.parameterization = parameterization
    }

    func integer(_ name: String, in range: ClosedRange<Int>, default value: Int, _ meaning: String) -> Int {
        note(name, "an integer from \(range.lowerBound) to \(range.upperBound)", .integer(value), meaning)
        return reader.integer(name, in: range, default: value)
    }

    func choice<E: RawRepresentable<String> & CaseIterable>(_ name: String, default value: E, _ meaning: String) -> E {
        note(name, "one of " + E.allCases.map { quoted($0.rawValue) }.joined(separator: ", "), .string(value.rawValue), meaning)
        return reader.choice(name, default: value)
    }

    /// A member without a default of its own: what its absence means depends on other members.
    func bool(_ name: String, _ meaning: String) -> Bool? {
        note(name, "true or false", .null, meaning)
        return reader.bool(name)
    }

    /// A nonlinearity, as a layer of a document would be written.
    func nonlinearity(_ name: String = "nonlinearity") -> Nonlinearity {
        note(name, "a nonlinearity, as a layer is written", "relu", "The function between the layers.")
        guard let value = reader.value(name) else { return .abRelu(a: 0, b: 1) }
        let layer = LayerReader(parameterization: parameterization, faults: reader.faults).layer(value, at: reader.pointer(to: name))
        switch layer.kind {
        case .nonlinearity(let nonlinearity): return nonlinearity
        case .unread: break
        default:
            reader.fault(at: name, "\(layer.typeName) is a layer and no nonlinearity; name one such as \"relu\", \"erf\" or \"gelu\".")
        }
        return .abRelu(a: 0, b: 1)
    }

    /// The scales of all dense and convolution layers. With relu a `weight_std` of √2 keeps the variance from layer to layer
    /// (He et al. 2015, arXiv 1502.01852).
    func scales() -> AffineScales {
        note("weight_std", "a number above 0", .double(2.0.squareRoot()), "The scale of all weights; sqrt(2) keeps the variance through relu layers.")
        note("bias_std", "a number of at least 0", .integer(0), "The scale of all biases; 0: there are none.")
        guard parameterization == .pytorch else {
            return AffineScales(
                weightStd: reader.number("weight_std", in: .positive, default: 2.0.squareRoot()),
                biasStd: reader.number("bias_std", in: .nonNegative, default: 0))
        }
        for name in ["weight_std", "bias_std"] where reader.has(name) {
            reader.fault(
                at: name, "The pytorch parameterization fixes how weights are drawn; leave \(name) out, or choose \"ntk\" or \"standard\".")
        }
        return AffineScales(weightStd: 1, biasStd: 1)
    }

    func fault(at name: String, _ detail: @autoclosure () -> String) { reader.fault(at: name, detail()) }

    private func note(_ name: String, _ kind: String, _ value: JSONValue, _ meaning: String) {
        members.append(PresetMember(name: name, kind: kind, meaning: meaning, default: value))
    }
}
