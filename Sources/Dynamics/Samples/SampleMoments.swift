import LinearAlgebra

/// What samples of functions say of their distribution.
public enum SampleMoments {
    /// Mean and variance at each point over S samples of k functions [S k, m], as [m, k]; the variance with the divisor S − 1.
    ///
    /// - Precondition: at least two samples.
    public static func moments(of rows: DenseMatrix, functions k: Int) -> (mean: DenseMatrix, variance: DenseMatrix) {
        let (samples, m) = (rows.rows / k, rows.columns)
        precondition(samples >= 2, "one sample has no variance")
        let (mean, variance) = (DenseMatrix(rows: m, columns: k), DenseMatrix(rows: m, columns: k))
        for o in 0..<k {
            for i in 0..<m {
                let values = (0..<samples).map { rows[$0 * k + o, i] }
                let center = values.reduce(0, +) / Double(samples)
                mean[i, o] = center
                variance[i, o] = values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(samples - 1)
            }
        }
        return (mean, variance)
    }

    /// E d⁴/(E d²)² of the increments d between neighbouring points, over all functions of all samples [S k, m], and then the mean over
    /// the pairs of points: 3 for a Gaussian process; above it where functions have flat stretches and jumps. Nil where nothing moves, or
    /// there is one point.
    public static func incrementKurtosis(of rows: DenseMatrix) -> Double? {
        var (sum, pairs) = (0.0, 0)
        for i in 1..<max(1, rows.columns) {
            let increments = (0..<rows.rows).map { rows[$0, i] - rows[$0, i - 1] }
            // By their largest, so that fourth powers of small numbers do not vanish.
            let largest = increments.reduce(0) { max($0, abs($1)) }
            guard largest > 0 else { continue }
            let squares = increments.map { ($0 / largest) * ($0 / largest) }
            let second = squares.reduce(0, +) / Double(squares.count)
            sum += squares.reduce(0) { $0 + $1 * $1 } / Double(squares.count) / (second * second)
            pairs += 1
        }
        return pairs > 0 ? sum / Double(pairs) : nil
    }
}
