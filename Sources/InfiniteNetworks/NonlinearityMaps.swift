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
}

extension LayerKind {
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
