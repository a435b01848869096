/// What a layer does to the kernels of a dense stack.
///
/// A Gaussian pre-activation is known by its standard deviation s, one number a row, and each pair of rows by the angle
/// between them. So a layer is a map of deviations, which also yields the row's coefficients, and a loop over pairs that
/// reads the coefficients of both rows. A new layer is one Swift file with its row map and one C file with its loop.
protocol LayerMap: Convergence {
    /// Numbers the loop needs that are the same for every row.
    var constants: [Double] { get }
    /// How many coefficients a row has.
    var coefficientCount: Int { get }
    /// Nil where pairs keep their angle and T.
    var loop: PairLoop? { get }
    /// Whether an example paired with itself is left out of the loop (dropout: its mask is one and the same).
    var sparesSameExample: Bool { get }
    /// Floating-point operations for a pair, to a factor of about two; where a nonlinearity is integrated, those at deviations
    /// around 1, of which large ones take ten times as many.
    var operationsPerPair: Double { get }

    /// The deviation of the layer's output on a row whose input has deviation `deviation`; writes the row's coefficients.
    ///
    /// Total: for every finite deviation ≥ 0 the result and the coefficients are not NaN.
    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double
}

extension LayerMap {
    var sparesSameExample: Bool { false }
    var operationsPerPair: Double { 25 }
}

/// A layer of the unrolled stack.
struct Step: Sendable {
    enum Action: Sendable {
        case map(any LayerMap)
        /// A layer that changes nothing.
        case nothing
        /// The first branch begins: what comes in is kept.
        case open
        /// A branch ends and the next begins on what came in.
        case next
        /// The last branch ends and all are combined.
        case join(Join)
    }

    let name: String
    let action: Action

    /// For all pairs of a matrix: what is integrated is so for as many pairs as tables have entries, and looked up for more.
    func operations(pairs: Double) -> Double {
        guard let map else { return 25 * pairs }
        guard map is QuadratureFunction else { return map.operationsPerPair * pairs }
        return map.operationsPerPair * min(pairs, TabulatedMap.typicalEntries) + TabulatedMap.operationsPerPair * pairs
    }

    var map: (any LayerMap)? {
        if case .map(let map) = action { map } else { nil }
    }

    var coefficientCount: Int {
        switch action {
        case .map(let map): map.coefficientCount
        case .join(let join): join.coefficientCount
        default: 0
        }
    }
}
