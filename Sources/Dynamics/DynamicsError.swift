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
    /// Of the matrix with its ridge.
    public var lambdaMin: Double
    public var lambdaMax: Double
    /// How many eigenvalues stand above rounding.
    public var rank: Int
    /// The ridge that was added.
    public var ridge: Double
    /// An absolute ridge with which the matrix can be inverted.
    public var helpfulRidge: Double
    /// Whether the time asked is what is out of reach, not the inverse itself.
    public var time: Double?

    /// - Parameter eigenvalues: Descending, with the ridge.
    public init(name: String, eigenvalues: [Double], ridge: Double, time: Double? = nil) {
        self.name = name
        self.ridge = ridge
        self.time = time
        order = eigenvalues.count
        lambdaMax = eigenvalues.first ?? 0
        lambdaMin = eigenvalues.last ?? 0
        let rounding = Double(order) * Double.ulpOfOne * max(lambdaMax, 0)
        rank = eigenvalues.prefix { $0 > rounding }.count
        // A condition number of 1e8 leaves half of float64's digits to the solution. An all-zero kernel takes any ridge.
        helpfulRidge = lambdaMax > 0 ? ridge + max(0, -2 * lambdaMin) + max(1e-8 * lambdaMax, 100 * rounding) : max(1, ridge)
    }
}

/// Asked between the steps of long computations; true ends them with ``DynamicsError/cancelled``.
public typealias CancellationCheck = () -> Bool
