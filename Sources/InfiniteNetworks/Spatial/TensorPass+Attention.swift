import Architectures
import Foundation

/// Global self-attention without positional encodings (Hron et al. 2020, arXiv 2006.10540).
extension TensorPass {
    func apply(_ attention: Attention, _ step: SpatialStep, _ state: inout PairState) {
        if attention.linearScaling {
            weighted(attention, step, &state)
        } else {
            quadratic(attention, step, &state)
        }
    }

    /// Keys tied to queries: each position attends with G = ζ(σ K_own), and K' = σ_o² σ_v² G₁ K G₂ᵀ + b²,
    /// Θ' = σ_o² σ_v² G₁ Θ G₂ᵀ + b² + 2 (K' − b²).
    private func weighted(_ attention: Attention, _ step: SpatialStep, _ state: inout PairState) {
        let n = state.positions
        let covariances = state.covariances
        if isSelf { left.attention[step.id] = attention.weights(covariances, positions: n) }
        let (rows, columns) = (left.attention[step.id], right.attention[step.id])
        let scale = attention.valueStd * attention.valueStd * attention.outStd * attention.outStd
        let bias = attention.biasStd * attention.biasStd
        var kernel = sandwich(rows, covariances, columns, n)
        var tangents = sandwich(rows, state.tangents, columns, n)
        for index in kernel.indices {
            let weighted = scale * kernel[index]
            kernel[index] = weighted + bias
            tangents[index] = scale * tangents[index] + bias + 2 * weighted
        }
        state.tangents = tangents
        finish(step, kernel, &state)
    }

    /// Identity attention with square-root scaling: K' = σ² ⟨K, K⟩ K + b²,
    /// Θ' = σ² (2 ⟨K, Θ⟩ K + ⟨K, K⟩ (Θ + 4 K)) + b², ⟨·,·⟩ summed over pairs of positions.
    private func quadratic(_ attention: Attention, _ step: SpatialStep, _ state: inout PairState) {
        let covariances = state.covariances
        let product = attention.queryStd * attention.keyStd * attention.valueStd * attention.outStd
        let (scale, bias) = (product * product, attention.biasStd * attention.biasStd)
        var (square, mixed) = (0.0, 0.0)
        for (c, theta) in zip(covariances, state.tangents) {
            square += c * c
            mixed += c * theta
        }
        for (index, c) in covariances.enumerated() {
            state.tangents[index] = scale * (2 * mixed * c + square * (state.tangents[index] + 4 * c)) + bias
        }
        finish(step, covariances.map { scale * square * $0 + bias }, &state)
    }

    /// G₁ K G₂ᵀ of n × n matrices.
    private func sandwich(_ left: [Double], _ kernel: [Double], _ right: [Double], _ n: Int) -> [Double] {
        var half = [Double](repeating: 0, count: n * n)
        for i in 0..<n {
            for k in 0..<n {
                let weight = left[i * n + k]
                for j in 0..<n { half[i * n + j] += weight * kernel[k * n + j] }
            }
        }
        var result = [Double](repeating: 0, count: n * n)
        half.withUnsafeBufferPointer { half in
            right.withUnsafeBufferPointer { right in
                guard let a = half.baseAddress, let b = right.baseAddress else { return }
                Double.multiply(a, transposed: b, into: &result, m: n, n: n, k: n, strides: (n, n, n))
            }
        }
        return result
    }
}

extension Attention {
    /// The attention of each position (row) to each other, from the image's covariances with itself.
    fileprivate func weights(_ covariances: [Double], positions n: Int) -> [Double] {
        let scale = queryStd * keyStd
        switch mechanism {
        case .identity: return covariances.map { scale * $0 }
        case .abs: return covariances.map { Swift.abs(scale * $0) }
        case .relu: return covariances.map { max(0, scale * $0) }
        case .softmax:
            var result = covariances
            for i in 0..<n {
                let row = i * n..<(i + 1) * n
                let largest = covariances[row].reduce(-Double.infinity) { max($0, scale * $1) }
                var total = 0.0
                for index in row {
                    result[index] = exp(scale * covariances[index] - largest)
                    total += result[index]
                }
                for index in row { result[index] /= total }
            }
            return result
        }
    }
}
