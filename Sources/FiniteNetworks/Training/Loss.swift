import Foundation

/// What training minimises, of outputs F and targets y [n, k] with residuals r = F − y.
public enum Loss: String, Sendable, CaseIterable {
    /// 1/(2n) Σ r²
    case halfMean = "half_mean"
    /// 1/2 Σ r²
    case halfSum = "half_sum"
    /// 1/(nk) Σ r², PyTorch's `MSELoss`
    case mean
    /// −1/n Σ_i Σ_o y_io log softmax(F_i)_o
    case crossEntropy = "cross_entropy"

    /// What residuals are multiplied by in ∂L/∂F: the matrix of gradient descent is I − η · factor · Θ.
    public func factor(examples n: Int, outputs k: Int) -> Double {
        switch self {
        case .halfMean, .crossEntropy: 1 / Double(n)
        case .halfSum: 1
        case .mean: 2 / Double(n * k)
        }
    }

    /// The learning rate beyond which gradient descent on the linearised network diverges: 2/(factor · λ_max) for a squared
    /// loss, (1 + momentum) times that with momentum. For cross-entropy a rate that is surely stable, as the Hessian of
    /// log-sum-exp is at most 1/2.
    public func largestLearningRate(lambdaMax: Double, momentum: Double, examples: Int, outputs: Int) -> Double? {
        let curvature = factor(examples: examples, outputs: outputs) * lambdaMax * (self == .crossEntropy ? 0.5 : 1)
        let rate = 2 * (1 + momentum) / curvature
        return curvature > 0 && rate > 0 && rate.isFinite ? rate : nil
    }

    /// The loss of rows of outputs. O(n k).
    func value(_ outputs: UnsafeBufferPointer<Double>, _ targets: UnsafeBufferPointer<Double>, outputs k: Int) -> Double {
        let n = outputs.count / k
        guard self == .crossEntropy else {
            var sum = 0.0
            for i in 0..<outputs.count { sum += (outputs[i] - targets[i]) * (outputs[i] - targets[i]) }
            return sum / 2 * factor(examples: n, outputs: k)
        }
        var sum = 0.0
        for row in 0..<n {
            let logarithm = Self.logSumExp(outputs, row * k, k)
            for i in row * k..<(row + 1) * k { sum += targets[i] * (logarithm - outputs[i]) }
        }
        return sum / Double(n)
    }

    /// ∂L/∂F, where `examples` is what a mean divides by: the rows of the batch. O(n k).
    func gradient(
        _ outputs: UnsafeBufferPointer<Double>, _ targets: UnsafeBufferPointer<Double>, outputs k: Int, examples: Int,
        into gradient: UnsafeMutableBufferPointer<Double>
    ) {
        let factor = factor(examples: examples, outputs: k)
        guard self == .crossEntropy else {
            for i in 0..<outputs.count { gradient[i] = factor * (outputs[i] - targets[i]) }
            return
        }
        for row in 0..<outputs.count / k {
            let logarithm = Self.logSumExp(outputs, row * k, k)
            let mass = targets[row * k..<(row + 1) * k].reduce(0, +)
            for i in row * k..<(row + 1) * k { gradient[i] = factor * (mass * exp(outputs[i] - logarithm) - targets[i]) }
        }
    }

    /// ∂L/∂F of all rows of a batch [n, k].
    public func gradient(_ outputs: [Double], _ targets: [Double], outputs k: Int) -> [Double] {
        [Double](unsafeUninitializedCapacity: outputs.count) { buffer, count in
            outputs.withUnsafeBufferPointer { outputs in
                targets.withUnsafeBufferPointer { gradient(outputs, $0, outputs: k, examples: outputs.count / k, into: buffer) }
            }
            count = outputs.count
        }
    }

    private static func logSumExp(_ values: UnsafeBufferPointer<Double>, _ first: Int, _ count: Int) -> Double {
        var most = values[first]
        for i in first..<first + count { most = max(most, values[i]) }
        var sum = 0.0
        for i in first..<first + count { sum += exp(values[i] - most) }
        return most + log(sum)
    }
}
