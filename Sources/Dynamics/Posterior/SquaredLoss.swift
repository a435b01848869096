import LinearAlgebra

/// The squared losses, by what their sum of squares is divided by (n examples, k outputs, residuals r).
public enum SquaredLoss: String, Sendable, CaseIterable {
    /// Σ r² / (2n).
    case halfMean = "half_mean"
    /// Σ r² / 2.
    case halfSum = "half_sum"
    /// Σ r² / (nk).
    case mean

    /// c, where ∂L/∂f = c r: the matrix of the dynamics is c K.
    public func gradientScale(examples n: Int, outputs k: Int) -> Double {
        switch self {
        case .halfMean: 1 / Double(n)
        case .halfSum: 1
        case .mean: 2 / (Double(n) * Double(k))
        }
    }

    /// L from Σ r².
    public func value(sumOfSquares: Double, examples n: Int, outputs k: Int) -> Double {
        gradientScale(examples: n, outputs: k) * sumOfSquares / 2
    }

    /// The largest learning rate with which gradient descent does not grow: 2 (1 + momentum) / (c λ_max).
    public func learningRateMax(lambdaMax: Double, momentum: Double = 0, examples n: Int, outputs k: Int) -> Double {
        2 * (1 + momentum) / (gradientScale(examples: n, outputs: k) * lambdaMax)
    }
}

/// What is added to the diagonal of the training rows' kernel.
public enum Ridge: Equatable, Sendable {
    /// Times the mean of the diagonal.
    case relative(Double)
    case absolute(Double)

    /// s of K + s I.
    public func value(for kernel: DenseMatrix) -> Double {
        switch self {
        case .absolute(let value): value
        case .relative(let factor): factor * kernel.diagonal.reduce(0, +) / Double(max(1, kernel.rows))
        }
    }
}
