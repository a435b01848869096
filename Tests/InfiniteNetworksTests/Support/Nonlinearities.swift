import Architectures

/// Nonlinearities with a closed form, those of a family told apart by their parameters.
let closedForms: [Nonlinearity] = [
    .abRelu(a: 0, b: 1), .abRelu(a: -1, b: 1), .abRelu(a: 0.3, b: -1.2), .sign, .erf(a: 1, b: 1, c: 0),
    .erf(a: 0.5, b: 0.4, c: 0.5), .gelu, .sin(a: 1, b: 1, c: 0), .sin(a: 1.3, b: 0.7, c: 0.4), .cos(a: 1, b: 1, c: 0),
    .cos(a: 0.8, b: -0.6, c: 0.3), .rbf(gamma: 0.7), .exp(a: 0.5, b: 0.4), .gaussian(a: 1.2, b: -0.8), .gaussian(a: 1, b: 0.01),
    .expNormalized(gamma: 1, shift: -1), .gabor, .monomial(degree: 0), .monomial(degree: 1), .monomial(degree: 2),
    .monomial(degree: 3), .rectifiedMonomial(degree: 0), .rectifiedMonomial(degree: 1), .rectifiedMonomial(degree: 2),
    .rectifiedMonomial(degree: 3), .polynomial(coefficients: [0.3, -1, 0.2, 0.1]), .hermite(degree: 2), .hermite(degree: 3),
]

/// Those whose kernel is finite whatever the scale of the input.
let boundedClosedForms: [Nonlinearity] = closedForms.filter {
    switch $0 {
    case .exp, .gaussian(_, 0.01), .polynomial: false
    case .monomial(let degree), .rectifiedMonomial(let degree), .hermite(let degree): degree < 2
    default: true
    }
}

/// Those that are integrated.
let integrated: [Nonlinearity] = [.tanh, .sigmoid, .softplus, .silu, .mish, .elu(alpha: 0.75), .selu, .hardTanh]
