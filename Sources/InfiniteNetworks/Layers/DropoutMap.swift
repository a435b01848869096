/// Dropout in training, z' = z mask/keep: each unit is kept with probability `keepRate`, by a mask of its own in every example.
///
/// The variance of an example grows to p/keep, its Θ with itself likewise, and what is between two examples stays: so
/// s' = s/√keep, and for different examples cos θ' = keep cos θ and T' = keep T. Rows of x1 and x2 are different examples even
/// where they are equal; only a row of a symmetric kernel meets itself.
///
/// Source: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout", JMLR 15, 2014; the second moments of its mask.
struct DropoutMap: LayerMap {
    let keepRate: Double

    var constants: [Double] { [keepRate] }
    var coefficientCount: Int { 0 }
    var loop: PairLoop? { .dropout }
    var sparesSameExample: Bool { true }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        deviation / keepRate.squareRoot()
    }
}
