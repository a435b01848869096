import Arrays
import LinearAlgebra

extension NetworkTape {
    /// λ_max of the empirical neural tangent kernel of the loaded rows, [rows · outputs] square, without the matrix: Lanczos
    /// with full reorthogonalisation on products Θ v = J (Jᵀ v), each a backward and a tangent pass.
    ///
    /// Exact to rounding for up to 60 rows · outputs; for more until two steps move the value by less than 1e-7 of itself, as one of
    /// them may only have met little of the leading direction, or 60 steps. Needs the forward pass of these parameters.
    /// - Parameters:
    ///   - gradient: scratch of the parameters' size, whose entries of frozen layers are zero.
    ///   - threads: of BLAS.
    ///   - isCancelled: asked before every step; what is returned after a cancel means nothing.
    func largestKernelEigenvalue(
        _ parameters: UnsafePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, threads: Int, isCancelled: () -> Bool = { false }
    ) -> Double {
        let size = count * network.outputCount
        let (most, tolerance) = (60, size <= 60 ? 1e-14 : 1e-7)
        let random = CounterRandom(seed: 0, stream: FiniteNetwork.firstStream - 1)
        var basis = [normalised((0..<size).map { random.normal(at: UInt64($0)) }).vector]
        var (diagonal, offDiagonal): ([Double], [Double]) = ([], [])
        var (value, steady) = (0.0, 0)
        for step in 0..<min(size, most) where !isCancelled() {
            var next = BLASThreads.using(threads) { kernelProduct(parameters, basis[step], gradient) }
            diagonal.append(zip(next, basis[step]).reduce(0) { $0 + $1.0 * $1.1 })
            // Twice is enough (Parlett, "The symmetric eigenvalue problem", section 6.9).
            for _ in 0..<2 {
                for vector in basis {
                    let along = zip(next, vector).reduce(0) { $0 + $1.0 * $1.1 }
                    for i in 0..<size { next[i] -= along * vector[i] }
                }
            }
            let before = value
            value = Tridiagonal.extremes(diagonal, offDiagonal).largest
            let (vector, length) = normalised(next)
            steady = abs(value - before) <= tolerance * abs(value) ? steady + 1 : 0
            guard steady < 2, length > 1e-14 * abs(value), length.isFinite else { break }
            offDiagonal.append(length)
            basis.append(vector)
        }
        return value
    }

    private func kernelProduct(
        _ parameters: UnsafePointer<Scalar>, _ vector: [Double], _ gradient: UnsafeMutablePointer<Scalar>
    ) -> [Double] {
        backward(parameters, outputDelta: vector.map { Scalar($0) }, gradient: gradient)
        let product = pushForward(parameters, along: gradient).first
        return (0..<vector.count).map { Double(product[$0]) }
    }

    private func normalised(_ vector: [Double]) -> (vector: [Double], length: Double) {
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return (vector.map { length > 0 ? $0 / length : 0 }, length)
    }
}

extension BLASThreads {
    /// Runs `body` with several of BLAS's own threads, or as it is.
    static func using<Value: Sendable>(_ threads: Int, _ body: () -> Value) -> Value {
        threads > 1 ? with(threads, body) : body()
    }
}

/// What Lanczos leaves: a symmetric tridiagonal matrix.
enum Tridiagonal {
    /// The smallest and the largest eigenvalue; not finite where the entries are not.
    static func extremes(_ diagonal: [Double], _ offDiagonal: [Double]) -> (smallest: Double, largest: Double) {
        let n = diagonal.count
        var matrix = [Double](repeating: 0, count: n * n)
        for i in 0..<n {
            matrix[i * n + i] = diagonal[i]
            if i > 0 { matrix[i * n + i - 1] = offDiagonal[i - 1] }
        }
        let spectrum = matrix.withUnsafeBufferPointer { matrix in
            matrix.baseAddress.flatMap { try? Spectrum(of: MatrixView($0, rows: n, columns: n)) }
        }
        guard let smallest = spectrum?.smallest, let largest = spectrum?.largest else { return (-.infinity, .infinity) }
        return (smallest, largest)
    }

    /// The vector of an eigenvalue at either end, not normalised, by its own equations from the first to the last; no entry beside the
    /// diagonal is zero. For matrices of a few rows: rounding grows with their number.
    static func eigenvector(of value: Double, _ diagonal: [Double], _ offDiagonal: [Double]) -> [Double] {
        var vector = [1.0]
        for (i, beside) in offDiagonal.enumerated() {
            let before = i > 0 ? offDiagonal[i - 1] * vector[i - 1] : 0
            vector.append(((value - diagonal[i]) * vector[i] - before) / beside)
        }
        return vector
    }
}
