import Architectures
import Foundation

/// An affine layer of infinitely many units, z' = W/√fan_in z + b (Jacot et al. 2018, arXiv 1806.07572).
///
/// Kernel K' = W²K + b², and with Θ the NTK
/// - ntk parameterisation: Θ' = K' + W²Θ,
/// - standard parameterisation: Θ' = fan_in K + W²Θ + [b > 0] (Sohl-Dickstein et al. 2020, arXiv 2001.07301),
/// - frozen: Θ' = W²Θ.
struct DenseMap: LayerMap {
    enum Training {
        case frozen
        case ntk
        case standard(fanIn: Int)
    }

    let weightStd: Double
    let biasStd: Double
    let training: Training

    var constants: [Double] { [] }

    var coefficientCount: Int {
        if case .standard = training { 4 } else { 2 }
    }

    var loop: PairLoop? {
        switch training {
        case .frozen: .denseFrozen
        case .ntk: .denseNTK
        case .standard: .denseStandard
        }
    }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        let weighted = abs(weightStd) * deviation
        let image = hypot(weighted, biasStd)
        // A row that stays zero keeps the direction it has: any unit pair (alpha, beta) would do, for it has no size.
        coefficients[0] = image > 0 ? weighted / image : 1
        coefficients[1] = image > 0 ? abs(biasStd) / image : 0
        if case .standard(let fanIn) = training {
            coefficients[2] = image > 0 ? Double(fanIn).squareRoot() * (deviation / image) : 0
            coefficients[3] = biasStd != 0 ? 1 / image : 0
        }
        return image
    }
}
