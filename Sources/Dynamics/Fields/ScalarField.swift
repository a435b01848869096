import Foundation

/// A function of the plane with its gradient, which assigns a velocity −∇f to every point.
public protocol PlaneFunction {
    /// f and ∇f at a point.
    func evaluate(at point: SIMD2<Double>) -> (value: Double, gradient: SIMD2<Double>)
}

/// Named functions of the plane.
public enum ScalarField: Sendable, Equatable, PlaneFunction {
    /// f = −(cos²x + cos²y)²: minima of −4 at multiples of π, maxima of 0 at odd multiples of π/2.
    case cosineBowl
    case quadratic(Quadratic)
    /// f = (1 − x)² + 100 (y − x²)²: a curved valley with its minimum of 0 at (1, 1).
    case rosenbrock
    /// f = (x² + y − 11)² + (x + y² − 7)²: four minima of 0.
    case himmelblau

    public func evaluate(at point: SIMD2<Double>) -> (value: Double, gradient: SIMD2<Double>) { (value(at: point), gradient(at: point)) }

    /// f, by its formula; infinite where that is beyond float64.
    public func value(at point: SIMD2<Double>) -> Double {
        let (x, y) = (point.x, point.y)
        switch self {
        case .cosineBowl:
            let bowl = cos(x) * cos(x) + cos(y) * cos(y)
            return -bowl * bowl
        case .quadratic(let quadratic): return quadratic.value(at: point)
        case .rosenbrock:
            let valley = y - x * x
            return (1 - x) * (1 - x) + 100 * valley * valley
        case .himmelblau:
            let (u, v) = (x * x + y - 11, x + y * y - 7)
            return u * u + v * v
        }
    }

    /// ∇f, which points uphill; the velocity of the descent is its negative.
    public func gradient(at point: SIMD2<Double>) -> SIMD2<Double> {
        let (x, y) = (point.x, point.y)
        switch self {
        case .cosineBowl:
            let bowl = cos(x) * cos(x) + cos(y) * cos(y)
            return 2 * bowl * SIMD2(sin(2 * x), sin(2 * y))
        case .quadratic(let quadratic): return quadratic.gradient(at: point)
        case .rosenbrock:
            let valley = y - x * x
            return SIMD2(2 * (x - 1) - 400 * x * valley, 200 * valley)
        case .himmelblau:
            let (u, v) = (x * x + y - 11, x + y * y - 7)
            return SIMD2(4 * x * u + 2 * v, 2 * u + 4 * y * v)
        }
    }
}

/// f(c) = ½ (c − c*)ᵀ A (c − c*), with A = [[a, b], [b, d]] symmetric.
public struct Quadratic: Sendable, Equatable {
    public let a: Double
    public let b: Double
    public let d: Double
    public let center: SIMD2<Double>

    public init(a: Double, b: Double, d: Double, center: SIMD2<Double> = .zero) {
        (self.a, self.b, self.d, self.center) = (a, b, d, center)
    }

    /// ½ (c − c*)ᵀ A (c − c*).
    public func value(at point: SIMD2<Double>) -> Double { ((point - center) * gradient(at: point)).sum() / 2 }

    /// A (c − c*).
    public func gradient(at point: SIMD2<Double>) -> SIMD2<Double> {
        let r = point - center
        return SIMD2(a * r.x + b * r.y, b * r.x + d * r.y)
    }

    /// λ_min and λ_max of A. Their product is its determinant, so the smaller in magnitude is found without cancellation
    /// from the larger.
    public var eigenvalues: (smallest: Double, largest: Double) {
        let (mean, radius) = ((a + d) / 2, hypot((a - d) / 2, b))
        let far = mean >= 0 ? mean + radius : mean - radius
        guard far != 0 else { return (0, 0) }
        let near = a * (d / far) - b * (b / far)
        return (min(near, far), max(near, far))
    }

    /// Where the gradient flow from a point is at time t: c* + e^(−At) (c₀ − c*).
    public func flow(from start: SIMD2<Double>, time: Double) -> SIMD2<Double> {
        let (smallest, largest) = eigenvalues
        let r = start - center
        let image = gradient(at: start)
        // e^(−At) = e^(−λ₁t) + (A − λ₁) (e^(−λ₂t) − e^(−λ₁t)) / (λ₂ − λ₁), by Sylvester's formula.
        let (slow, gap) = (exp(-smallest * time), largest - smallest)
        let slope = gap > 0 ? slow * expm1(-gap * time) / gap : -time * slow
        return center + slow * r + slope * (image - smallest * r)
    }
}
