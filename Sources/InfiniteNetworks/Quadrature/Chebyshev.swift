import Foundation

/// Interpolation in the roots of the Chebyshev polynomial T_n, as a sum of T_0 … T_{n−1}.
///
/// Source: Trefethen, "Approximation Theory and Approximation Practice", chapters 3 and 4 (roots instead of extrema).
struct Chebyshev: Sendable {
    let nodes: [Double]
    /// transform[k][j]: what the value at node j adds to the coefficient of T_k.
    let transform: [[Double]]

    init(_ count: Int) {
        let angles = (0..<count).map { Double.pi * (Double($0) + 0.5) / Double(count) }
        nodes = angles.map(cos)
        transform = (0..<count).map { k in angles.map { (k == 0 ? 1 : 2) / Double(count) * cos(Double(k) * $0) } }
    }

    var count: Int { nodes.count }

    /// Complexity: O(n²).
    func coefficients(_ values: [Double]) -> [Double] {
        transform.map { row in zip(row, values).reduce(0) { $0 + $1.0 * $1.1 } }
    }

    /// T_0(x) … T_{n−1}(x).
    static func polynomials(_ x: Double, count: Int) -> [Double] {
        var result = [1.0, x]
        while result.count < count { result.append(2 * x * result[result.count - 1] - result[result.count - 2]) }
        return Array(result.prefix(count))
    }

    /// The first of `counts` for which the last two coefficients of every function have settled, nil if there is none.
    ///
    /// - Parameter functions: values at the given nodes, one array a function.
    static func degrees(_ counts: [Int], _ functions: ([Double]) -> [[Double]]) -> Int? {
        counts.first { count in
            let rule = Chebyshev(count)
            return functions(rule.nodes).allSatisfy { values in
                let sizes = rule.coefficients(values).map(\.magnitude)
                return (sizes.suffix(2).max() ?? 0) <= settled * (sizes.max() ?? 0)
            }
        }
    }

    private static let settled = 1e-12
}
