import LinearAlgebra

/// A symmetric matrix as an element of the space with the product ⟨A, B⟩ = Σ A_ij B_ij: in units of its largest element, so that
/// no square overflows, and centred if asked.
struct FrobeniusMatrix {
    private let matrix: DenseMatrix
    private let scale: Double
    /// Means of rows and of all elements, in units of the scale; nil of a matrix as it is.
    private let means: (rows: [Double], all: Double)?

    /// - Parameter centred: Whether it stands for HAH, H = I − 11ᵀ/n.
    init(_ matrix: DenseMatrix, centred: Bool = false) {
        self.matrix = matrix
        let scale = matrix.elements.reduce(0) { max($0, abs($1)) }
        self.scale = scale
        guard centred, scale > 0 else {
            means = nil
            return
        }
        let n = Double(max(1, matrix.rows))
        let rows = (0..<matrix.rows).map { i in (0..<matrix.columns).reduce(0) { $0 + matrix[i, $1] / scale } / n }
        means = (rows, rows.reduce(0, +) / n)
    }

    /// ⟨A, B⟩ in units of both scales.
    func product(_ other: FrobeniusMatrix) -> Double {
        guard scale > 0, other.scale > 0 else { return 0 }
        return (0..<matrix.rows).reduce(0) { sum, i in
            let (row, otherRow) = (matrix.row(i), other.matrix.row(i))
            return sum + (0..<matrix.columns).reduce(0) { part, j in
                part + element(row, i, j) * other.element(otherRow, i, j)
            }
        }
    }

    private func element(_ row: UnsafeMutablePointer<Double>, _ i: Int, _ j: Int) -> Double {
        guard let means else { return row[j] / scale }
        return row[j] / scale - means.rows[i] - means.rows[j] + means.all
    }

    var scaledNorm: Double { product(self).squareRoot() }
    var norm: Double { scale * scaledNorm }

    /// ⟨A, B⟩ in units of ‖A‖ ‖B‖, which rounding may carry an ulp or two beyond 1.
    static func cosine(_ product: Double, _ norms: Double) -> Double {
        let ratio = product / norms
        // Comparisons rather than `min` and `max`, which would make a number of NaN.
        return ratio > 1 ? 1 : ratio < -1 ? -1 : ratio
    }

    /// Whether nothing is there but, of a centred matrix, rounding.
    var isZero: Bool { scale == 0 || means != nil && scaledNorm <= 4 * Double(matrix.rows) * Double.ulpOfOne }

    /// ⟨A, YYᵀ⟩/(‖A‖ ‖YYᵀ‖), of HYYᵀH where this matrix is centred; nil where one of them is zero.
    ///
    /// Complexity: O(n² k).
    func alignment(withTargets targets: DenseMatrix, threads: Int) -> Double? {
        let largest = targets.elements.reduce(0) { max($0, abs($1)) }
        guard !isZero, largest > 0 else { return nil }
        let y = DenseMatrix(rows: targets.rows, columns: targets.columns, values: targets.elements.map { $0 / largest })
        if means != nil {
            for j in 0..<y.columns {
                let mean = (0..<y.rows).reduce(0) { $0 + y[$1, j] } / Double(y.rows)
                for i in 0..<y.rows { y[i, j] -= mean }
            }
            // Targets that are all alike leave rounding.
            guard y.elements.contains(where: { abs($0) > 4 * Double.ulpOfOne }) else { return nil }
        }
        // With Y centred, ⟨HAH, YYᵀ⟩ = ⟨A, YYᵀ⟩ = Σ (AY)∘Y, and ‖YYᵀ‖ = ‖YᵀY‖ is of k × k numbers.
        let image = DenseMatrix.product(matrix, y, threads: threads)
        let inner = zip(image.elements, y.elements).reduce(0) { $0 + $1.0 / scale * $1.1 }
        let gram = DenseMatrix.product(y, y, transposing: .first, threads: threads)
        return Self.cosine(inner, scaledNorm * FrobeniusMatrix(gram).norm)
    }
}
