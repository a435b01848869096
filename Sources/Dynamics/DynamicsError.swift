import LinearAlgebra

/// Why a prediction, a flow or a solution could not be computed.
public enum DynamicsError: Error, Equatable {
    /// The kernel has no inverse that float64 can hold, and the question needs one.
    case notPositiveDefinite(SingularKernel)
    /// A covariance has an eigenvalue below what rounding makes of zero, so that nothing can be drawn from it.
    case indefiniteCovariance(name: String, lambdaMin: Double, lambdaMax: Double)
    /// Gradient descent with this learning rate grows without bound.
    case diverged(learningRate: Double, learningRateMax: Double, steps: Int)
    /// The conjugate gradients did not reach the tolerance.
    case noConvergence(iterations: Int, residual: Double, tolerance: Double)
    /// The adaptive steps of a flow became too many, or too small for the clock.
    case tooManySteps(limit: Int, reached: Double, of: Double)
    case notFinite(String)
    /// Matrices that are read side by side have different shapes.
    case misshapen(String)
    case factorisation(FactorisationError)
    case cancelled

    static func rethrowing<Value>(_ body: () throws(FactorisationError) -> Value) throws(DynamicsError) -> Value {
        do throws(FactorisationError) { return try body() } catch { throw .factorisation(error) }
    }
}

/// What is known of a kernel that could not be inverted.
public struct SingularKernel: Error, Equatable, Sendable {
    /// Which kernel: `nngp`, `ntk`.
    public var name: String
    public var order: Int
    /// Of the matrix with its ridge; the smallest may be an estimate from above that is itself zero to rounding.
    public var lambdaMin: Double
    public var lambdaMax: Double
    /// How many eigenvalues stand above rounding; nil where only some rows of a large kernel were looked at.
    public var rank: Int?
    /// The ridge that was added.
    public var ridge: Double
    /// An absolute ridge with which the matrix can be inverted.
    public var helpfulRidge: Double
    /// Whether the time asked is what is out of reach, not the inverse itself.
    public var time: Double?

    /// - Parameter eigenvalues: Descending, with the ridge.
    public init(name: String, eigenvalues: [Double], ridge: Double, time: Double? = nil) {
        let rounding = Self.rounding(order: eigenvalues.count, lambdaMax: eigenvalues.first ?? 0)
        self.init(
            name: name, order: eigenvalues.count, lambdaMin: eigenvalues.last ?? 0, lambdaMax: eigenvalues.first ?? 0,
            rank: eigenvalues.prefix { $0 > rounding }.count, ridge: ridge, time: time)
    }

    init(name: String, order: Int, lambdaMin: Double, lambdaMax: Double, rank: Int?, ridge: Double, time: Double? = nil) {
        (self.name, self.order, self.rank, self.ridge, self.time) = (name, order, rank, ridge, time)
        (self.lambdaMin, self.lambdaMax) = (lambdaMin, lambdaMax)
        // A condition number of 1e8 leaves half of float64's digits to the solution. An all-zero kernel takes any ridge.
        let least = max(1e-8 * lambdaMax, 100 * Self.rounding(order: order, lambdaMax: lambdaMax))
        helpfulRidge = lambdaMax > 0 ? ridge + max(0, -2 * lambdaMin) + least : max(1, ridge)
    }

    /// Up to where an eigenvalue may be what rounding made of zero.
    static func rounding(order: Int, lambdaMax: Double) -> Double { Double(order) * Double.ulpOfOne * max(lambdaMax, 0) }
}

/// Asked between the steps of long computations; true ends them with ``DynamicsError/cancelled``.
public typealias CancellationCheck = () -> Bool
