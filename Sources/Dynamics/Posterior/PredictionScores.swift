import Foundation
import LinearAlgebra

/// How well predictions fit targets.
public enum PredictionScores {
    /// The loss of outputs [n, k] against targets [n, k], at one of several times stacked in `outputs`.
    public static func loss(_ outputs: DenseMatrix, at time: Int, _ targets: DenseMatrix, _ loss: SquaredLoss) -> Double {
        let start = outputs.base + time * targets.count
        let sum = (0..<targets.count).reduce(0.0) { $0 + (start[$1] - targets.base[$1]) * (start[$1] - targets.base[$1]) }
        return loss.value(sumOfSquares: sum, examples: targets.rows, outputs: targets.columns)
    }

    /// Counts [classes, classes] of true class (row) against the class with the largest output (column). Targets are one-hot
    /// up to a constant, so their class is where they are largest too.
    public static func confusion(_ outputs: DenseMatrix, at time: Int, _ targets: DenseMatrix) -> DenseMatrix {
        let result = DenseMatrix(rows: targets.columns, columns: targets.columns)
        for i in 0..<targets.rows {
            let truth = largest(targets.row(i), targets.columns)
            result[truth, largest(outputs.row(time * targets.rows + i), targets.columns)] += 1
        }
        return result
    }

    /// The share of the counts on the diagonal; 0 where nothing was counted.
    public static func accuracy(ofConfusion confusion: DenseMatrix) -> Double {
        confusion.diagonal.reduce(0, +) / max(1, confusion.elements.reduce(0, +))
    }

    private static func largest(_ row: UnsafeMutablePointer<Double>, _ count: Int) -> Int {
        (0..<count).reduce(0) { row[$1] > row[$0] ? $1 : $0 }
    }

    /// The mean over test targets of −ln N(y; mean, variance + noise): with the ridge for noise, what the model says of the
    /// targets themselves. Nil where a variance is zero and there is no noise.
    public static func negativeLogLikelihood(
        mean: DenseMatrix, variance: [Double], at time: Int, _ targets: DenseMatrix, noise: Double
    ) -> Double? {
        var sum = 0.0
        for i in 0..<targets.rows {
            let total = variance[time * targets.rows + i] + noise
            guard total > 0 else { return nil }
            for j in 0..<targets.columns {
                let residual = targets[i, j] - mean[time * targets.rows + i, j]
                sum += 0.5 * (log(2 * .pi * total) + residual * residual / total)
            }
        }
        let mean = sum / Double(max(1, targets.count))
        return mean.isFinite ? mean : nil
    }
}
