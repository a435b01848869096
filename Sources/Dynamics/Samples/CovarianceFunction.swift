import Foundation
import InfiniteNetworks
import LinearAlgebra

/// The covariance k(x, x') of a Gaussian process.
public enum CovarianceFunction: Sendable {
    /// The NNGP kernel of an infinitely wide network.
    case network(InfiniteNetwork)
    /// v exp(−‖x − x'‖²/(2ℓ²)).
    case squaredExponential(lengthscale: Double, variance: Double)

    /// k between the rows of x1 and those of x2; nil: the symmetric matrix of x1.
    ///
    /// - Throws: `KernelError`.
    public func matrix(_ x1: DenseMatrix, _ x2: DenseMatrix? = nil, threads: Int = 1) throws(KernelError) -> DenseMatrix {
        let result = DenseMatrix(rows: x1.rows, columns: (x2 ?? x1).rows)
        switch self {
        case .network(let network):
            try network.compute(
                x1: x1.view, x2: x2?.view, into: KernelDestinations(nngp: KernelArrays(kernel: result.base)), threads: threads)
        case .squaredExponential(let lengthscale, let variance):
            let other = x2 ?? x1
            for i in 0..<result.rows {
                let row = x1.row(i)
                for j in 0..<result.columns {
                    let column = other.row(j)
                    // Each difference by itself: its square is then that of numbers the kernel can tell apart.
                    let square = (0..<x1.columns).reduce(0) { sum, at in
                        let difference = (row[at] - column[at]) / lengthscale
                        return sum + difference * difference
                    }
                    result[i, j] = variance * exp(-square / 2)
                }
            }
        }
        return result
    }
}
