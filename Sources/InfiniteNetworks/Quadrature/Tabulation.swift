import Foundation

/// Makes the tables of a ``TabulatedMap``: finds the degrees along a few lines, integrates at the nodes, and compares with
/// the quadrature at points that are none.
struct Tabulation {
    let function: QuadratureFunction
    let axis: DeviationAxis
    let isCancelled: () -> Bool

    private static let rowCounts = [4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, TabulatedMap.mostRows]
    private static let angleCounts = [10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48, 56, TabulatedMap.mostAngles]

    /// The tables for matrices of `pairs` pairs; nil where they would cost more than they save or miss the goal.
    ///
    /// Complexity: O(n² m) quadratures for n degrees in either deviation and m in the angle, at most half of `pairs`.
    func map(pairs: Int) -> TabulatedMap? {
        guard var angles = angleDegrees(), var rows = axis.isPoint ? 1 : rowDegrees() else { return nil }
        for _ in 0..<2 {
            guard !isCancelled(), rows * (rows + 1) * angles * halves.count <= pairs else { return nil }
            let map = tables(rows, angles)
            let difference = largestDifference(map)
            if difference <= QuadratureRule.goal {
                var result = map
                result.estimatedError = function.rule.error + difference
                return result
            }
            (rows, angles) = (rows == 1 ? 1 : next(rows, Self.rowCounts), next(angles, Self.angleCounts))
        }
        return nil
    }

    private func next(_ count: Int, _ counts: [Int]) -> Int { counts.first { $0 > count } ?? count }

    /// Signs of the half chord.
    private var halves: [Double] { function.isOdd ? [1] : [1, -1] }

    private static func chord(_ y: Double) -> Double {
        let t = (y + 1) / 8.0.squareRoot()
        return t * t
    }

    private func deviation(_ x: Double) -> Double { max(axis.deviation(at: x), 1e-18) }

    private func angleDegrees() -> Int? {
        let ends = [deviation(1), deviation(-1)]
        return Chebyshev.degrees(Self.angleCounts) { nodes in
            halves.flatMap { half in
                [(ends[0], ends[0]), (ends[0], ends[1])].map { s, t in
                    nodes.map { slopes(s, [t], half * Self.chord($0))[0] }
                }
            }
        }
    }

    private func rowDegrees() -> Int? {
        Chebyshev.degrees(Self.rowCounts) { nodes in
            let all = nodes.map(deviation)
            return [1.0, -1].flatMap { end in [1e-4, 0.4, -1e-4].map { slopes(deviation(end), all, $0) } }
        }
    }

    /// S of one deviation against others at one angle.
    private func slopes(_ s: Double, _ others: [Double], _ fold: Double) -> [Double] {
        others.map { function.pair(s, $0, fold: fold, function.rule.constants).slope }
    }

    private func tables(_ n: Int, _ m: Int) -> TabulatedMap {
        let (rows, angles) = (Chebyshev(n), Chebyshev(m))
        let deviations = rows.nodes.map(deviation)
        let integral = Self.integral(angles)
        var constants = [Double(n), Double(m), function.isOdd ? 1 : 0]
        for half in halves {
            let slope = spectrum(rows, angles) { a, b, c in
                (deviations[a], deviations[b], half * Self.chord(angles.nodes[c]))
            }
            var mean = [Double](repeating: 0, count: slope.count)
            for k in 0..<m {
                for l in 0..<m {
                    for index in 0..<n * n { mean[k * n * n + index] += integral[k][l] * slope[l * n * n + index] }
                }
            }
            constants += slope + mean
        }
        let isProportional = function.value(0) == 0
        let scale = withUnsafeTemporaryAllocation(of: Double.self, capacity: function.coefficientCount) { buffer in
            // A temporary of the capacity asked for has an address.
            guard let base = buffer.baseAddress else { return [Double]() }
            return deviations.map { function.image(of: $0, coefficients: base) / (isProportional ? $0 : 1) }
        }
        let (even, odd) = factors(rows, deviations)
        return TabulatedMap(
            axis: axis, constants: constants, scale: rows.coefficients(scale), isProportional: isProportional, even: even,
            odd: odd, estimatedError: .infinity, domainMap: function)
    }

    /// The coefficients [m, n, n] of S, sampled for a ≤ b and copied to a > b.
    private func spectrum(
        _ rows: Chebyshev, _ angles: Chebyshev, _ point: (Int, Int, Int) -> (Double, Double, Double)
    ) -> [Double] {
        let (n, m) = (rows.count, angles.count)
        var values = [Double](repeating: 0, count: m * n * n)
        for c in 0..<m where !isCancelled() {
            for a in 0..<n {
                for b in a..<n {
                    let (s, t, fold) = point(a, b, c)
                    let value = slopes(s, [t], fold)[0]
                    values[(c * n + a) * n + b] = value
                    values[(c * n + b) * n + a] = value
                }
            }
        }
        transform(&values, angles, stride: n * n)
        transform(&values, rows, stride: n)
        transform(&values, rows, stride: 1)
        return values
    }

    /// Along the axis of a row-major array whose neighbours are `stride` apart.
    private func transform(_ values: inout [Double], _ rule: Chebyshev, stride: Int) {
        let count = rule.count
        for block in Swift.stride(from: 0, to: values.count, by: count * stride) {
            for offset in block..<block + stride {
                let result = rule.coefficients((0..<count).map { values[offset + $0 * stride] })
                for k in 0..<count { values[offset + k * stride] = result[k] }
            }
        }
    }

    /// From the coefficients of S to those of G = ∫_0^1 2u S(t u) du: a polynomial of the same degree, integrated exactly.
    private static func integral(_ angles: Chebyshev) -> [[Double]] {
        let m = angles.count
        let rule = GaussLegendre(m / 2 + 2).composite([0, 1])
        let values = angles.nodes.map { y in
            var sums = [Double](repeating: 0, count: m)
            for (u, weight) in zip(rule.nodes, rule.weights) {
                for (k, term) in Chebyshev.polynomials((y + 1) * u - 1, count: m).enumerated() {
                    sums[k] += 2 * u * weight * term
                }
            }
            return sums
        }
        return (0..<m).map { k in
            (0..<m).map { l in (0..<m).reduce(0) { $0 + angles.transform[k][$1] * values[$1][l] } }
        }
    }

    /// Cholesky factors of E[h_b(z) h_c(z)]/4, where φ(s z)/s' = Σ_b h_b(z) T_b(x); of the even part of φ and the odd one.
    private func factors(_ rows: Chebyshev, _ deviations: [Double]) -> (even: [[Double]], odd: [[Double]]) {
        let n = rows.count
        let zeros = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
        var (even, odd) = (zeros, zeros)
        let points = QuadratureFunction.halfLine(deviations.max() ?? 1)
        let sizes = deviations.map { function.norm($0) }
        for (z, weight) in zip(points.nodes, points.weights) {
            let above = zip(deviations, sizes).map { function.value($0 * z) / $1 }
            let below = zip(deviations, sizes).map { function.value(-$0 * z) / $1 }
            let parts = (
                rows.coefficients(zip(above, below).map { ($0 + $1) / 2 }),
                rows.coefficients(zip(above, below).map { ($0 - $1) / 2 })
            )
            let mass = weight * exp(-z * z / 2) / (2 * (2 * Double.pi).squareRoot())
            for b in 0..<n {
                for c in 0...b {
                    even[b][c] += mass * parts.0[b] * parts.0[c]
                    odd[b][c] += mass * parts.1[b] * parts.1[c]
                }
            }
        }
        return (Self.cholesky(even), Self.cholesky(odd))
    }

    /// The lower factor of a positive semidefinite matrix given by its lower triangle; pivots that are rounding count as 0.
    private static func cholesky(_ matrix: [[Double]]) -> [[Double]] {
        var factor = matrix
        let n = matrix.count
        let least = 1e-17 * (0..<n).reduce(0) { max($0, matrix[$1][$1]) }
        for k in 0..<n {
            let pivot = factor[k][k] > least ? factor[k][k].squareRoot() : 0
            for b in k..<n { factor[b][k] = pivot > 0 ? factor[b][k] / pivot : 0 }
            for b in k + 1..<max(n, k + 1) {
                for c in k + 1...b { factor[b][c] -= factor[b][k] * factor[c][k] }
            }
        }
        return factor
    }

    /// From the quadrature, at points of an additive recurrence: of the cosine, and of S relative to its diagonal.
    private func largestDifference(_ map: TabulatedMap) -> Double {
        func cosine(_ fold: Double) -> Double { fold.sign == .minus ? 2 * fold.magnitude - 1 : 1 - 2 * fold }
        var result = 0.0
        for index in 1...64 {
            func part(_ step: Double) -> Double { (Double(index) * step).truncatingRemainder(dividingBy: 1) }
            let s = deviation(2 * part(0.8191725133961645) - 1)
            let t = index % 4 == 0 ? s : deviation(2 * part(0.6710436067037893) - 1)
            let chord = Self.chord(2 * part(0.5497004779019703) - 1)
            let fold = index % 2 == 0 ? chord : -chord
            let known = function.pair(s, t, fold: fold, function.rule.constants)
            let found = map.pair(s, t, fold: fold, map.constants)
            let diagonal = (slopes(s, [s], 0)[0] * slopes(t, [t], 0)[0]).squareRoot()
            result = max(
                result, abs(cosine(found.fold) - cosine(known.fold)),
                abs(found.slope - known.slope) / max(diagonal, 1e-300))
        }
        return result
    }
}
