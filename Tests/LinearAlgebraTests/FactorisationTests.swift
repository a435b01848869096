import Foundation
import LinearAlgebra
import Testing

/// A A ᵀ + shift I of a seeded A [n, k].
private func gram(_ n: Int, _ k: Int, shift: Double, seed: UInt64) -> DenseMatrix {
    var state = seed
    let a = DenseMatrix(rows: n, columns: k)
    for i in 0..<a.count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        a.base[i] = Double(state >> 11) / Double(1 << 53) - 0.5
    }
    let result = DenseMatrix(rows: n, columns: n)
    result.setGram(a, threads: 1)
    for i in 0..<n { result[i, i] += shift }
    return result
}

private func largestDifference(_ a: DenseMatrix, _ b: DenseMatrix) -> Double {
    zip(a.elements, b.elements).reduce(0) { max($0, abs($1.0 - $1.1)) }
}

struct CholeskyTests {
    @Test(arguments: [1, 2, 7, 64, 130])
    func solvesAndKeepsTheKernel(n: Int) throws {
        let seed = UInt64(n) &* 77
        let kernel = gram(n, n + 3, shift: 0.1, seed: seed)
        let factor = try Cholesky(overwriting: kernel.copy(), ridge: 0.5, threads: 2)
        let x = gram(n, 3, shift: 0, seed: seed + 1)
        let b = factor.kernelTimes(rows: x)
        #expect(largestDifference(b, DenseMatrix.product(x, kernel, threads: nil)) < 1e-12, "seed \(seed)")
        for i in 0..<b.count { b.base[i] += 0.5 * x.base[i] }
        factor.solve(rows: b)
        #expect(largestDifference(b, x) < 1e-11, "seed \(seed)")

        let values = try Eigendecomposition(overwriting: kernel.copy()).values
        let logDeterminant = values.reduce(0) { $0 + log($1 + 0.5) }
        #expect(abs(factor.logDeterminant - logDeterminant) < 1e-10 * Double(n), "seed \(seed)")
        let identity = DenseMatrix(rows: n, columns: n)
        for i in 0..<n { identity[i, i] = 1 }
        let half = identity.copy()
        factor.solve(rows: identity)
        for (value, expected) in zip(factor.inverseDiagonal(), identity.diagonal) { #expect(abs(value - expected) < 1e-11) }
        factor.solveLower(rows: half)
        #expect(largestDifference(DenseMatrix.product(half, half, transposing: .second, threads: nil), identity) < 1e-11, "seed \(seed)")
        #expect(largestDifference(factor.restored(), kernel) == 0)
    }

    @Test func singularIsRefusedAndUnharmed() throws {
        // Rows 0 and 2 are equal.
        let kernel = DenseMatrix(rows: 3, columns: 3, values: [2, 1, 2, 1, 3, 1, 2, 1, 2])
        let before = kernel.values
        #expect(throws: FactorisationError.notPositiveDefinite(order: 3)) { try Cholesky(overwriting: kernel) }
        #expect(kernel.values == before)
        _ = try Cholesky(overwriting: kernel, ridge: 1e-6)
    }

    @Test func notFiniteIsRefused() {
        let kernel = DenseMatrix(rows: 2, columns: 2, values: [1, 0, .infinity, 1])
        #expect(throws: FactorisationError.notFinite(row: 1, column: 0)) { try Cholesky(overwriting: kernel) }
    }
}

struct EigendecompositionTests {
    @Test(arguments: [1, 2, 9, 120])
    func vectorsRebuildTheMatrix(n: Int) throws {
        let kernel = gram(n, max(1, n / 2), shift: 0, seed: 5)
        let decomposition = try Eigendecomposition(overwriting: kernel.copy(), threads: 2)
        #expect(zip(decomposition.values, decomposition.values.dropFirst()).allSatisfy { $0 >= $1 })
        let scaled = decomposition.vectors.copy()
        for i in 0..<n { for j in 0..<n { scaled[i, j] *= decomposition.values[i] } }
        #expect(largestDifference(DenseMatrix.product(decomposition.vectors, scaled, transposing: .first, threads: 1), kernel) < 1e-12 * Double(n))
        #expect(decomposition.rank == max(1, n / 2))
    }

    @Test func sizesBeyondTheWorkspacesIndicesAreRefused() {
        let n = Eigendecomposition.largestOrder
        #expect(2 * n * n + 6 * n + 1 <= Int(Int32.max))
        #expect(2 * (n + 1) * (n + 1) + 6 * (n + 1) + 1 > Int(Int32.max))
        #expect(throws: FactorisationError.tooLarge(rows: 1 << 31)) { try requireIndexRange(1, 1 << 31) }
    }
}

struct ProductTests {
    @Test func everyTranspositionAgreesWithTheDefinition() {
        let a = DenseMatrix(rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6])
        let b = DenseMatrix(rows: 3, columns: 2, values: [1, 0, 0, 1, 2, -1])
        let expected: [Double] = [7, -1, 16, -1]
        #expect(DenseMatrix.product(a, b, threads: nil).values == expected)
        #expect(DenseMatrix.product(a.transposed(), b, transposing: .first, threads: 1).values == expected)
        #expect(DenseMatrix.product(a, b.transposed(), transposing: .second, threads: 2).values == expected)
        let sum = DenseMatrix(rows: 2, columns: 2, values: [1, 1, 1, 1])
        sum.setProduct(a, b, scale: 2, adding: -1, threads: nil)
        #expect(sum.values == [13, -3, 31, -3])
    }

    @Test func gramIsSymmetric() {
        let a = DenseMatrix(rows: 3, columns: 2, values: [1, 2, 3, 4, 5, 6])
        let gram = DenseMatrix(rows: 3, columns: 3)
        gram.setGram(a, threads: 2)
        #expect(gram.values == [5, 11, 17, 11, 25, 39, 17, 39, 61])
    }
}

struct LanczosTests {
    /// A few steps give a value that is never too large and say how far from an eigenvalue it is; all of them give the largest.
    @Test(arguments: [1, 4, 12, 120])
    func estimatesSayHowGoodTheyAre(limit: Int) throws {
        let kernel = gram(60, 20, shift: 0.5, seed: 9)
        let values = try Eigendecomposition(overwriting: kernel.copy()).values
        let estimate = try Lanczos.largestEigenvalue(order: 60, limit: limit) { DenseMatrix.product($0, kernel, threads: 1) }
        #expect(estimate.value <= values[0] * (1 + 1e-13))
        #expect(values.contains { abs($0 - estimate.value) <= (estimate.error + 1e-12) * estimate.value })
        if limit == 120 {
            #expect(estimate.error <= 1e-10)
            #expect(abs(estimate.value - values[0]) < 1e-10 * values[0])
        }
    }

    /// One right-hand side takes another way through BLAS than several.
    @Test func singleRowsSolveAndMultiplyAsSeveralDo() throws {
        let (kernel, rows) = (gram(30, 40, shift: 0.1, seed: 3), gram(30, 5, shift: 0, seed: 4))
        let factor = try Cholesky(overwriting: kernel, ridge: 0.2)
        let (solved, products) = (rows.copy(), factor.kernelTimes(rows: rows))
        factor.solve(rows: solved)
        for i in [0, 17] {
            let row = DenseMatrix(rows: 1, columns: 30, values: (0..<30).map { rows[i, $0] })
            #expect(zip(factor.kernelTimes(rows: row).values, (0..<30).map { products[i, $0] }).allSatisfy { abs($0 - $1) < 1e-12 })
            factor.solve(rows: row)
            #expect(zip(row.values, (0..<30).map { solved[i, $0] }).allSatisfy { abs($0 - $1) < 1e-10 })
        }
    }
}
