import JSON

/// The document's canonical form: what a result shows as the request "as understood".
///
/// Every default is filled in; a layer without members is its bare name; members stand in the order of the documentation.
/// A function has one name: `ab_relu` (0, 1) is `relu`, (-1, 1) is `abs`, (alpha, 1) is `leaky_relu`, and the erf
/// that stands for the sigmoid is `sigmoid_like`. Parsing the form gives the same architecture, layer by layer.
extension Architecture {
    public var json: JSONValue {
        ["parameterization": .string(parameterization.rawValue), "layers": .array(layers.map { $0.json(parameterization) })]
    }
}

extension Layer {
    /// The type name in the document.
    public var typeName: String {
        switch kind {
        case .dense: LayerType.dense.rawValue
        case .convolution(let convolution): convolution.sharing.rawValue
        case .pool(let pool): (pool.operation == .average ? LayerType.avgPool : .sumPool).rawValue
        case .globalPool(let operation): (operation == .average ? LayerType.globalAvgPool : .globalSumPool).rawValue
        case .flatten: LayerType.flatten.rawValue
        case .layerNorm: LayerType.layerNorm.rawValue
        case .dropout: LayerType.dropout.rawValue
        case .attention: LayerType.attention.rawValue
        case .nonlinearity(let nonlinearity): nonlinearity.typeName
        case .identity: LayerType.identity.rawValue
        case .serial: LayerType.serial.rawValue
        case .repeat: LayerType.repeat.rawValue
        case .parallel: LayerType.parallel.rawValue
        case .unread(let typeName): typeName ?? "unknown"
        }
    }

    func json(_ parameterization: Parameterization) -> JSONValue {
        let members = members(parameterization)
        if members.isEmpty { return .string(typeName) }
        return .object(JSONObject([(name: "type", value: .string(typeName))] + members.compactMap { member in
            member.value.map { (name: member.key, value: $0) }
        }))
    }

    private func members(_ parameterization: Parameterization) -> KeyValuePairs<String, JSONValue?> {
        func list(_ layers: [Layer]) -> JSONValue { .array(layers.map { $0.json(parameterization) }) }
        func std(_ value: Double) -> JSONValue? { parameterization == .pytorch ? nil : .double(value) }
        switch kind {
        case .dense(let dense):
            return [
                "width": dense.width.map(JSONValue.integer), "weight_std": std(dense.scales.weightStd),
                "bias_std": std(dense.scales.biasStd), "trainable": .bool(dense.scales.trainable),
            ]
        case .convolution(let layer):
            return [
                "channels": layer.channels.map(JSONValue.integer), "filter": .integers(layer.filter), "strides": .integers(layer.strides),
                "padding": .string(layer.padding.rawValue), "weight_std": std(layer.scales.weightStd),
                "bias_std": std(layer.scales.biasStd), "trainable": .bool(layer.scales.trainable),
            ]
        case .pool(let pool):
            return [
                "window": .integers(pool.window), "strides": .integers(pool.strides), "padding": .string(pool.padding.rawValue),
                "normalize_edges": pool.operation == .average ? .bool(pool.normalizeEdges) : nil,
            ]
        case .layerNorm(let norm): return ["axes": .integers(norm.axes), "epsilon": .double(norm.epsilon)]
        case .dropout(let keepRate): return ["keep_rate": .double(keepRate)]
        case .attention(let attention): return attention.members
        case .nonlinearity(let nonlinearity): return nonlinearity.members
        case .serial(let layers): return ["layers": list(layers)]
        case .repeat(let times, let layers): return ["times": .integer(times), "layers": list(layers)]
        case .parallel(let branches, let combine): return ["branches": .array(branches.map(list)), "combine": .string(combine.rawValue)]
        case .globalPool, .flatten, .identity, .unread: return [:]
        }
    }
}

extension Attention {
    fileprivate var members: KeyValuePairs<String, JSONValue?> {
        [
            "heads": heads.map(JSONValue.integer), "channels": channels.map(JSONValue.integer),
            "key_channels": keyChannels.map(JSONValue.integer), "value_channels": valueChannels.map(JSONValue.integer),
            "key_std": .double(keyStd), "query_std": .double(queryStd), "value_std": .double(valueStd), "out_std": .double(outStd),
            "bias_std": .double(biasStd), "mechanism": .string(mechanism.rawValue), "linear_scaling": .bool(linearScaling),
            "positional": .string(Positional.none.rawValue),
        ]
    }
}

extension Nonlinearity {
    /// The type name in the document.
    public var typeName: String { type.rawValue }

    private var type: NonlinearityType {
        switch self {
        case .abRelu(0, 1): .relu
        case .abRelu(-1, 1): .abs
        case .abRelu(_, 1): .leakyRelu
        case .abRelu: .abRelu
        case .sign: .sign
        case .sigmoidLike: .sigmoidLike
        case .erf: .erf
        case .gelu: .gelu
        case .sin: .sin
        case .cos: .cos
        case .rbf: .rbf
        case .exp: .exp
        case .gaussian: .gaussian
        case .expNormalized: .expNormalized
        case .gabor: .gabor
        case .monomial: .monomial
        case .rectifiedMonomial: .rectifiedMonomial
        case .polynomial: .polynomial
        case .hermite: .hermite
        case .tanh: .tanh
        case .sigmoid: .sigmoid
        case .softplus: .softplus
        case .silu: .silu
        case .elu: .elu
        case .selu: .selu
        case .hardTanh: .hardTanh
        case .mish: .mish
        }
    }

    fileprivate var members: KeyValuePairs<String, JSONValue?> {
        switch self {
        case .abRelu(let a, let b):
            switch type {
            case .leakyRelu: ["alpha": .double(a)]
            case .abRelu: ["a": .double(a), "b": .double(b)]
            default: [:]
            }
        case .erf(let a, let b, let c): type == .sigmoidLike ? [:] : ["a": .double(a), "b": .double(b), "c": .double(c)]
        case .sin(let a, let b, let c), .cos(let a, let b, let c): ["a": .double(a), "b": .double(b), "c": .double(c)]
        case .exp(let a, let b), .gaussian(let a, let b): ["a": .double(a), "b": .double(b)]
        case .rbf(let gamma): ["gamma": .double(gamma)]
        case .expNormalized(let gamma, let shift): ["gamma": .double(gamma), "shift": .double(shift)]
        case .monomial(let degree), .rectifiedMonomial(let degree), .hermite(let degree): ["degree": .integer(degree)]
        case .polynomial(let coefficients): ["coefficients": .numbers(coefficients)]
        case .elu(let alpha): ["alpha": .double(alpha)]
        case .sign, .gelu, .gabor, .tanh, .sigmoid, .softplus, .silu, .selu, .hardTanh, .mish: [:]
        }
    }
}
