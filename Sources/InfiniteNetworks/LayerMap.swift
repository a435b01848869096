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
    var loop: PairLoop { get }

    /// The deviation of the layer's output on a row whose input has deviation `deviation`; writes the row's coefficients.
    ///
    /// Total: for every finite deviation ≥ 0 the result and the coefficients are not NaN.
    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double
}

/// A layer of the unrolled stack.
struct Step: Sendable {
    let name: String
    /// Nil for a layer that changes nothing.
    let map: (any LayerMap)?
}
