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

    /// The deviation of the layer's output on a row whose input has deviation `deviation`; writes the row's coefficients.
    ///
    /// Total: for every finite deviation ≥ 0 the result and the coefficients are not NaN.
    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double
}

extension LayerMap {
    var sparesSameExample: Bool { false }
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
