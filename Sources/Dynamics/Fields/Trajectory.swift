import Foundation

/// A path of the gradient flow c'(t) = −∇f(c(t)), in steps of equal length.
public struct Trajectory: Sendable, Equatable {
    /// How a step follows the flow.
    public enum Method: String, Sendable, CaseIterable {
        /// c + h F(c): gradient descent with learning rate h. Its error over a fixed time is O(h).
        case euler
        /// The classical method of four stages. Its error over a fixed time is O(h⁴).
        case rk4
    }

    public private(set) var points: [SIMD2<Double>]
    public private(set) var values: [Double]
    public private(set) var gradientNorms: [Double]
    /// ∫ ‖∇f(c)‖² dt so far, by the same method as the path.
    public private(set) var dissipated: Double = 0

    /// Follows the flow downhill for `steps` steps; O(steps) evaluations of the function, one a step by Euler's method and four by the other.
    ///
    /// - Parameter isCancelled: Asked at every step.
    /// - Throws: ``FieldError/diverged(start:step:steps:)`` where a point, a value or a slope is beyond what float64 holds.
    public init(
        of field: some PlaneFunction, from start: SIMD2<Double>, method: Method, step: Double, steps: Int, isCancelled: () -> Bool = { false }
    ) throws(FieldError) {
        let (value, slope) = field.evaluate(at: start)
        points = [start]
        values = [value]
        gradientNorms = [slope.norm]
        guard values[0].isFinite, gradientNorms[0].isFinite else { throw .notFinite(start) }
        var (point, gradient) = (start, slope)
        for index in 0..<steps {
            if isCancelled() { throw .cancelled }
            switch method {
            case .euler:
                dissipated += step * gradient.squaredNorm
                point -= step * gradient
            case .rk4:
                let second = field.evaluate(at: point - step / 2 * gradient).gradient
                let third = field.evaluate(at: point - step / 2 * second).gradient
                let fourth = field.evaluate(at: point - step * third).gradient
                let squares = gradient.squaredNorm + 2 * second.squaredNorm + 2 * third.squaredNorm + fourth.squaredNorm
                dissipated += step / 6 * squares
                point -= step / 6 * (gradient + 2 * second + 2 * third + fourth)
            }
            let (value, slope) = field.evaluate(at: point)
            gradient = slope
            points.append(point)
            values.append(value)
            gradientNorms.append(gradient.norm)
            guard point.x.isFinite, point.y.isFinite, values[index + 1].isFinite, gradientNorms[index + 1].isFinite, dissipated.isFinite else {
                throw .diverged(start: start, step: step, steps: index + 1)
            }
        }
    }

    /// f(c(T)) − f(c(0)) + ∫ ‖∇f‖² dt: zero along the flow itself, and of the method's order along its steps.
    public var energyDefect: Double { values[values.count - 1] - values[0] + dissipated }

    /// The largest rise of f in one step, which the flow never has; 0 where every step went down or stayed.
    public var largestRise: Double { zip(values.dropFirst(), values).reduce(0) { max($0, $1.0 - $1.1) } }
}

/// How a path compares with what is proved of gradient flow on a convex quadratic: at most 1 for the flow itself.
public struct DescentRates: Sendable, Equatable {
    /// The largest (f − f*) · 2t / ‖c₀ − c*‖² on the way: convex f.
    public let convex: Double
    /// The largest (f − f*) / (e^(−2 λ_min t) (f₀ − f*)) on the way: f strongly convex with λ_min.
    public let stronglyConvex: Double

    /// - Returns: nil where the quadratic is not positive definite, or the path starts at its minimum.
    public init?(of path: Trajectory, on quadratic: Quadratic, step: Double) {
        let smallest = quadratic.eigenvalues.smallest
        let distance = (path.points[0] - quadratic.center).squaredNorm
        guard smallest > 0, distance > 0, path.values[0] > 0 else { return nil }
        var (convex, strong) = (0.0, 0.0)
        for (index, value) in path.values.enumerated() where index > 0 {
            let time = Double(index) * step
            convex = max(convex, value * 2 * time / distance)
            // A bound below what float64 tells from zero bounds nothing.
            let bound = exp(-2 * smallest * time) * path.values[0]
            if bound > path.values[0] * 1e-24 { strong = max(strong, value / bound) }
        }
        (self.convex, stronglyConvex) = (convex, strong)
    }
}

/// Why a field or a path through it could not be computed.
public enum FieldError: Error, Equatable {
    /// The function or its gradient is beyond float64 at this point.
    case notFinite(SIMD2<Double>)
    /// The path left what float64 holds after so many steps of this length.
    case diverged(start: SIMD2<Double>, step: Double, steps: Int)
    case cancelled
}

extension SIMD2<Double> {
    var squaredNorm: Double { (self * self).sum() }
    var norm: Double { squaredNorm.squareRoot() }
}
