import JSON

/// The nonlinearities of the document.
enum NonlinearityType: String, CaseIterable {
    case relu
    case leakyRelu = "leaky_relu"
    case abRelu = "ab_relu"
    case abs, sign, erf
    case sigmoidLike = "sigmoid_like"
    case gelu, sin, cos, rbf, exp, gaussian
    case expNormalized = "exp_normalized"
    case gabor, monomial
    case rectifiedMonomial = "rectified_monomial"
    case polynomial, hermite, tanh, sigmoid, softplus, silu, elu, selu
    case hardTanh = "hard_tanh"
    case mish
}

extension Nonlinearity {
    /// (erf(x / 2.4020563531719796) + 1) / 2, the erf nearest to the logistic sigmoid.
    public static let sigmoidLike = Nonlinearity.erf(a: 0.5, b: 1 / 2.4020563531719796, c: 0.5)
}

extension LayerReader {
    /// Required are the parameters on which libraries disagree or that have no natural value: `alpha` of `leaky_relu`
    /// (0.01, 0.2 and 0.3 are in use), `a` and `b` of `ab_relu`, degrees, and coefficients. `alpha` of `elu` is 1 everywhere.
    func nonlinearity(_ type: NonlinearityType, _ reader: ObjectReader) -> Nonlinearity? {
        switch type {
        case .relu: .abRelu(a: 0, b: 1)
        case .leakyRelu: reader.requiredNumber("alpha").map { .abRelu(a: $0, b: 1) }
        case .abRelu: abRelu(reader)
        case .abs: .abRelu(a: -1, b: 1)
        case .sign: .sign
        case .erf: .erf(a: reader.number("a", default: 1), b: reader.number("b", default: 1), c: reader.number("c", default: 0))
        case .sigmoidLike: .sigmoidLike
        case .gelu: .gelu
        case .sin: .sin(a: reader.number("a", default: 1), b: reader.number("b", default: 1), c: reader.number("c", default: 0))
        case .cos: .cos(a: reader.number("a", default: 1), b: reader.number("b", default: 1), c: reader.number("c", default: 0))
        case .rbf: .rbf(gamma: reader.number("gamma", in: .positive, default: 1))
        case .exp: .exp(a: reader.number("a", default: 1), b: reader.number("b", default: 1))
        case .gaussian: .gaussian(a: reader.number("a", default: 1), b: reader.number("b", default: -1))
        case .expNormalized: .expNormalized(gamma: reader.number("gamma", default: 1), shift: reader.number("shift", default: -1))
        case .gabor: .gabor
        case .monomial: reader.requiredInteger("degree", in: 0...5).map(Nonlinearity.monomial)
        case .rectifiedMonomial: reader.requiredInteger("degree", in: 0...20).map(Nonlinearity.rectifiedMonomial)
        case .polynomial: reader.requiredNumbers("coefficients", count: 1...51).map(Nonlinearity.polynomial)
        case .hermite: reader.requiredInteger("degree", in: 0...50).map(Nonlinearity.hermite)
        case .tanh: .tanh
        case .sigmoid: .sigmoid
        case .softplus: .softplus
        case .silu: .silu
        case .elu: .elu(alpha: reader.number("alpha", default: 1))
        case .selu: .selu
        case .hardTanh: .hardTanh
        case .mish: .mish
        }
    }

    private func abRelu(_ reader: ObjectReader) -> Nonlinearity? {
        let a = reader.requiredNumber("a")
        let b = reader.requiredNumber("b")
        guard let a, let b else { return nil }
        return .abRelu(a: a, b: b)
    }
}
