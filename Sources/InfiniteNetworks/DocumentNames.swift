import Architectures

extension Nonlinearity {
    /// The kernel map of this nonlinearity.
    var map: any LayerMap & ScalarDual {
        switch self {
        case .abRelu(let a, let b): Rectifier(a: a, b: b)
        case .sign: Sign()
        case .erf(let a, let b, let c): ErrorFunction(a: a, b: b, c: c)
        case .gelu: Gelu()
        case .sin(let a, let b, let c): Sinusoid(a: a, b: b, phase: c)
        case .cos(let a, let b, let c): Sinusoid(cosineOf: a, b: b, phase: c)
        case .rbf(let gamma): Sinusoid(rbf: gamma)
        case .exp(let a, let b): Exponential(a: a, b: b)
        case .gaussian(let a, let b): GaussianFunction(a: a, b: b)
        case .expNormalized(let gamma, let shift): NormalizedExponential(gamma: gamma, shift: shift)
        case .gabor: Gabor()
        case .monomial(let degree): Polynomial(monomial: degree)
        case .rectifiedMonomial(0): HeavisideStep()
        case .rectifiedMonomial(1): Rectifier(a: 0, b: 1)
        case .rectifiedMonomial(let degree): RectifiedMonomial(degree: degree)
        case .polynomial(let coefficients): Polynomial(coefficients: coefficients)
        case .hermite(let degree): Hermite(degree: degree)
        case .tanh: QuadratureFunction(.tanh)
        case .sigmoid: QuadratureFunction(.sigmoid)
        case .softplus: QuadratureFunction(.softplus)
        case .silu: QuadratureFunction(.silu)
        case .mish: QuadratureFunction(.mish)
        case .elu(let alpha): QuadratureFunction(.elu, alpha: alpha)
        case .selu: QuadratureFunction.selu
        case .hardTanh: ClippedLine()
        }
    }

    /// κ and κ̇ pair by pair.
    package var dual: any ScalarDual { map }

    /// The type name in the architecture document.
    var documentName: String {
        switch self {
        case .abRelu(0, 1): "relu"
        case .abRelu(-1, 1): "abs"
        case .abRelu(_, 1): "leaky_relu"
        case .abRelu: "ab_relu"
        case .sign: "sign"
        case .erf: "erf"
        case .gelu: "gelu"
        case .sin: "sin"
        case .cos: "cos"
        case .rbf: "rbf"
        case .exp: "exp"
        case .gaussian: "gaussian"
        case .expNormalized: "exp_normalized"
        case .gabor: "gabor"
        case .monomial: "monomial"
        case .rectifiedMonomial: "rectified_monomial"
        case .polynomial: "polynomial"
        case .hermite: "hermite"
        case .tanh: "tanh"
        case .sigmoid: "sigmoid"
        case .softplus: "softplus"
        case .silu: "silu"
        case .elu: "elu"
        case .selu: "selu"
        case .hardTanh: "hard_tanh"
        case .mish: "mish"
        }
    }
}

extension LayerKind {
    /// The type name in the architecture document.
    var documentName: String {
        switch self {
        case .dense: "dense"
        case .convolution(let convolution): convolution.sharing.rawValue
        case .pool(let pool): pool.operation == .average ? "avg_pool" : "sum_pool"
        case .globalPool(let operation): operation == .average ? "global_avg_pool" : "global_sum_pool"
        case .flatten: "flatten"
        case .layerNorm: "layer_norm"
        case .dropout: "dropout"
        case .attention: "attention"
        case .nonlinearity(let nonlinearity): nonlinearity.documentName
        case .identity: "identity"
        case .serial: "serial"
        case .repeat: "repeat"
        case .parallel: "parallel"
        }
    }

    /// Why a dense stack has no such layer, and the mend.
    var reasonOutsideDenseStacks: String {
        let known = "a network on vectors is made of dense, layer_norm, dropout, flatten, parallel, identity, serial, repeat and nonlinearities"
        return switch self {
        case .convolution, .pool, .globalPool, .attention:
            "\(known); an input of vectors has no positions, so use dense layers"
        default: "\(known); leave the layer out"
        }
    }
}
