import LinearAlgebra
import Testing

struct SpectrumTests {
    private func spectrum(_ values: [Double], _ n: Int, threads: Int = 1) throws -> Spectrum {
        try values.withUnsafeBufferPointer {
            try Spectrum(of: MatrixView(try #require($0.baseAddress), rows: n, columns: n), threads: threads)
        }
    }

    @Test func eigenvaluesDescend() throws {
        let spectrum = try spectrum([2, 1, 0, 1, 2, 0, 0, 0, 5], 3)
        for (value, expected) in zip(spectrum.eigenvalues, [5.0, 3, 1]) { #expect(abs(value - expected) < 1e-14) }
        #expect(spectrum.eigenvalues.count == 3)
        #expect(abs((spectrum.conditionNumber ?? 0) - 5) < 1e-13)
        #expect(spectrum.largest == spectrum.eigenvalues[0])
        #expect(spectrum.smallest == spectrum.eigenvalues[2])
    }

    @Test(arguments: [1, 2, 7, 150])
    func traceAndSquaresAreKept(n: Int) throws {
        var matrix = [Double](repeating: 0, count: n * n)
        for i in 0..<n {
            for j in 0..<n { matrix[i * n + j] = 1 / Double(i + j + 1) + (i == j ? Double(i) : 0) }
        }
        let values = try spectrum(matrix, n, threads: 2).eigenvalues
        let trace = (0..<n).reduce(0) { $0 + matrix[$1 * n + $1] }
        #expect(abs(values.reduce(0, +) - trace) <= 1e-12 * trace)
        let squares = matrix.reduce(0) { $0 + $1 * $1 }
        #expect(abs(values.reduce(0) { $0 + $1 * $1 } - squares) <= 1e-12 * squares)
        #expect(zip(values, values.dropFirst()).allSatisfy { $0 >= $1 })
    }

    @Test func indefiniteHasNoConditionNumber() throws {
        let spectrum = try spectrum([0, 1, 1, 0], 2)
        #expect(spectrum.conditionNumber == nil)
        #expect(abs((spectrum.effectiveRank ?? 0) - 1) < 1e-12)
        #expect(try self.spectrum([0, 0, 0, 0], 2).effectiveRank == nil)
    }

    @Test func effectiveRankCountsEqualDirections() throws {
        let identity: [Double] = (0..<16).map { $0 % 5 == 0 ? 1e200 : 0 }
        #expect(abs((try spectrum(identity, 4).effectiveRank ?? 0) - 4) < 1e-12)
    }

    @Test func notFiniteIsRefused() throws {
        #expect(throws: SpectrumError.notFinite(row: 1, column: 0)) { try spectrum([1, 0, .nan, 1], 2) }
    }

    @Test func readsFloatsAndStrides() throws {
        let values: [Float] = [3, 0, 99, 0, 4, 99]
        let spectrum = try values.withUnsafeBufferPointer {
            try Spectrum(of: MatrixView(try #require($0.baseAddress), rows: 2, columns: 2, rowStride: 3))
        }
        #expect(spectrum.eigenvalues == [4, 3])
    }
}

struct MultiplicationTests {
    @Test func multipliesByATranspose() {
        let (a, b): ([Double], [Double]) = ([1, 2, 3, 4, 5, 6], [1, 0, 1, 0, 1, 0])
        var c = [Double](repeating: .nan, count: 4)
        Double.multiply(a, transposed: b, into: &c, m: 2, n: 2, k: 3, strides: (3, 3, 2))
        #expect(c == [4, 2, 10, 5])
        var single = [Float](repeating: .nan, count: 4)
        Float.multiply(
            a.map(Float.init), transposed: b.map(Float.init), into: &single, m: 2, n: 2, k: 3, strides: (3, 3, 2))
        #expect(single == [4, 2, 10, 5])
    }
}
