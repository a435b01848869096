import Foundation
import LinearAlgebra

/// Losses of outputs f [n, k] against targets y [n, k].
public enum OutputLoss: String, Sendable, CaseIterable {
    case halfMean = "half_mean"
    case halfSum = "half_sum"
    case mean
    /// Σ −y ln softmax(f) / n, with y the probabilities of the classes.
    case crossEntropy = "cross_entropy"
    /// Σ ln(1 + e^(−y f)) / n, with y = ±1.
    case logistic

    public var squared: SquaredLoss? { SquaredLoss(rawValue: rawValue) }

    /// ∂L/∂f into `gradient`, and L itself.
    @discardableResult
    public func gradient(_ outputs: DenseMatrix, _ targets: DenseMatrix, into gradient: DenseMatrix) -> Double {
        let (n, k) = (targets.rows, targets.columns)
        if let squared {
            let scale = squared.gradientScale(examples: n, outputs: k)
            var sum = 0.0
            for i in 0..<targets.count {
                let residual = outputs.base[i] - targets.base[i]
                gradient.base[i] = scale * residual
                sum += residual * residual
            }
            return scale * sum / 2
        }
        return self == .crossEntropy ? crossEntropy(outputs, targets, gradient) : logistic(outputs, targets, gradient)
    }

    /// The largest eigenvalue that ∂²L/∂f² can have.
    public func largestCurvature(examples n: Int, outputs k: Int) -> Double {
        switch self {
        case .crossEntropy: 0.5 / Double(n)
        case .logistic: 0.25 / Double(n)
        case .halfMean, .halfSum, .mean: squared?.gradientScale(examples: n, outputs: k) ?? 0
        }
    }

    /// L of outputs [n, k].
    public func value(_ outputs: DenseMatrix, _ targets: DenseMatrix) -> Double {
        gradient(outputs, targets, into: DenseMatrix(rows: targets.rows, columns: targets.columns))
    }

    private func crossEntropy(_ outputs: DenseMatrix, _ targets: DenseMatrix, _ gradient: DenseMatrix) -> Double {
        let (n, k) = (targets.rows, targets.columns)
        var loss = 0.0
        for i in 0..<n {
            let (f, y, g) = (outputs.row(i), targets.row(i), gradient.row(i))
            let top = (0..<k).reduce(-Double.infinity) { max($0, f[$1]) }
            let sum = (0..<k).reduce(0) { $0 + exp(f[$1] - top) }
            let mass = (0..<k).reduce(0) { $0 + y[$1] }
            for j in 0..<k {
                g[j] = (mass * exp(f[j] - top) / sum - y[j]) / Double(n)
                loss -= y[j] * (f[j] - top - log(sum)) / Double(n)
            }
        }
        return loss
    }

    private func logistic(_ outputs: DenseMatrix, _ targets: DenseMatrix, _ gradient: DenseMatrix) -> Double {
        var loss = 0.0
        let n = Double(targets.rows)
        for i in 0..<targets.count {
            let (y, margin) = (targets.base[i], targets.base[i] * outputs.base[i])
            // ln(1 + e^−m) without overflow for either sign.
            loss += (max(0, -margin) + log1p(exp(-abs(margin)))) / n
            gradient.base[i] = -y / (1 + exp(margin)) / n
        }
        return loss
    }
}
