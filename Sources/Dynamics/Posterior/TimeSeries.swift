import LinearAlgebra

/// Outputs at T times as columns [rows, T k] of one product, put into the order of results [T rows, k].
enum TimeSeries {
    /// Columns j of time t are `weight(t, i) · coefficients[i, j]`: the right-hand side of one product for all times.
    static func weighted(_ coefficients: DenseMatrix, times: Int, weight: (Int, Int) -> Double) -> DenseMatrix {
        let (n, k) = (coefficients.rows, coefficients.columns)
        let result = DenseMatrix(rows: n, columns: times * k)
        for i in 0..<n {
            let (source, target) = (coefficients.row(i), result.row(i))
            for t in 0..<times {
                let factor = weight(t, i)
                for j in 0..<k { target[t * k + j] = factor * source[j] }
            }
        }
        return result
    }

    /// [T rows, k] of [rows, T k], with `offset` [rows, k] added at every time.
    static func ordered(_ columns: DenseMatrix, times: Int, adding offset: DenseMatrix? = nil) -> DenseMatrix {
        let rows = columns.rows
        let k = times == 0 ? 0 : columns.columns / times
        let result = DenseMatrix(rows: times * rows, columns: k)
        for i in 0..<rows {
            let source = columns.row(i)
            for t in 0..<times {
                let target = result.row(t * rows + i)
                for j in 0..<k { target[j] = source[t * k + j] + (offset?.row(i)[j] ?? 0) }
            }
        }
        return result
    }

    /// `matrix` at each of T times.
    static func repeated(_ matrix: DenseMatrix, times: Int) -> DenseMatrix {
        let result = DenseMatrix(rows: times * matrix.rows, columns: matrix.columns)
        for t in 0..<times { result.row(t * matrix.rows).update(from: matrix.base, count: matrix.count) }
        return result
    }
}
