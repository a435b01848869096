import Architectures
import Foundation

/// The value of a function of one variable and its first two derivatives at a point.
struct Jet {
    var value: Double
    var first: Double
    var second: Double

    init(_ value: Double, _ first: Double, _ second: Double) {
        (self.value, self.first, self.second) = (value, first, second)
    }
}

/// φ, φ' and φ'' of a nonlinearity of the document, elementwise.
///
/// At a kink the derivative is that of the left side (0 for relu at 0, as PyTorch and JAX have it; of hard_tanh it is 0 at both), and
/// φ'' is 0: the derivatives are those almost everywhere, without the delta functions that kinks and jumps have.
public struct ElementwiseFunction: Sendable, Equatable {
    public let nonlinearity: Nonlinearity

    /// - Returns: nil for `exp_normalized`, which is a kernel without a function.
    public init?(_ nonlinearity: Nonlinearity) {
        if case .expNormalized = nonlinearity { return nil }
        self.nonlinearity = nonlinearity
    }

    /// The slopes of a·min(x, 0) + b·max(x, 0) where its sign tells on which side x was: such a function can work in place.
    var invertibleRectifier: (a: Double, b: Double)? {
        guard case .abRelu(let a, let b) = nonlinearity, a >= 0, b > 0 else { return nil }
        return (a, b)
    }

    /// Writes φ, φ' and φ'' of `count` elements, each where it is wanted, computed in float64. O(count).
    @inline(__always)
    func run<Scalar: BinaryFloatingPoint>(
        _ x: UnsafePointer<Scalar>, value: UnsafeMutablePointer<Scalar>?, first: UnsafeMutablePointer<Scalar>?,
        second: UnsafeMutablePointer<Scalar>?, count: Int
    ) {
        if case .abRelu(let a, let b) = nonlinearity {
            let (a, b) = (Scalar(a), Scalar(b))
            for i in 0..<count {
                let slope = x[i] > 0 ? b : a
                value?[i] = slope * x[i]
                first?[i] = slope
                second?[i] = 0
            }
            return
        }
        for i in 0..<count {
            let jet = jet(at: Double(x[i]))
            value?[i] = Scalar(jet.value)
            first?[i] = Scalar(jet.first)
            second?[i] = Scalar(jet.second)
        }
    }

    func jet(at x: Double) -> Jet {
        switch nonlinearity {
        case .abRelu(let a, let b): x > 0 ? Jet(b * x, b, 0) : Jet(a * x, a, 0)
        case .sign: Jet(x > 0 ? 1 : x < 0 ? -1 : 0, 0, 0)
        case .erf(let a, let b, let c): errorFunction(x, a, b, c)
        case .gelu: gelu(x)
        case .sin(let a, let b, let c): sinusoid(x, a, b, c)
        case .cos(let a, let b, let c): sinusoid(x, a, b, c + .pi / 2)
        case .rbf(let gamma): sinusoid(x, 2.0.squareRoot(), (2 * gamma).squareRoot(), .pi / 4)
        case .exp(let a, let b): exponential(x, a, b)
        case .gaussian(let a, let b): gaussian(x, a, b)
        case .expNormalized: Jet(0, 0, 0)
        case .gabor: gabor(x)
        case .monomial(let degree): monomial(x, degree)
        case .rectifiedMonomial(0): Jet(x >= 0 ? 1 : 0, 0, 0)
        case .rectifiedMonomial(let degree): x > 0 ? monomial(x, degree) : Jet(0, 0, 0)
        case .polynomial(let coefficients): polynomial(x, coefficients)
        case .hermite(let degree): hermite(x, degree)
        case .tanh: hyperbolicTangent(x)
        case .sigmoid: sigmoid(x)
        case .softplus: softplus(x)
        case .silu: silu(x)
        case .elu(let alpha): elu(x, alpha: alpha, lambda: 1)
        case .selu: elu(x, alpha: 1.6732632423543772848, lambda: 1.0507009873554804934)
        case .hardTanh: abs(x) < 1 ? Jet(x, 1, 0) : Jet(x < 0 ? -1 : 1, 0, 0)
        case .mish: mish(x)
        }
    }
}
