import JSON

extension Nonlinearity {
    /// Reads a nonlinearity that stands alone, outside a list of layers: `"tanh"` or `{"type": "leaky_relu", "alpha": 0.1}`.
    ///
    /// - Returns: nil where a fault was recorded.
    public static func parse(_ value: JSONValue, at pointer: JSONPointer = .root, faults: Faults) -> Nonlinearity? {
        let layer = LayerReader(parameterization: .ntk, faults: faults).layer(value, at: pointer)
        switch layer.kind {
        case .nonlinearity(let nonlinearity): return nonlinearity
        case .unread: return nil
        default:
            let names = NonlinearityType.allCases.map(\.rawValue).joined(separator: ", ")
            faults.add(pointer, "This must be a nonlinearity, not the layer \"\(layer.typeName)\"; known are \(names).")
            return nil
        }
    }

    /// The canonical form, which ``parse(_:at:faults:)`` reads back.
    public var json: JSONValue { Layer(.nonlinearity(self), at: .root).json(.ntk) }
}
