import Foundation

/// φ(x) = a sin(b x + c). `cos` is the phase c + π/2, and `rbf` is a = √2, b = √(2γ), c = π/4, whose dual is the
/// Gaussian kernel e^{−γ|u − v|²}.
///
/// With e = p + q − 2cov and d = p + q + 2cov, the squared sizes of u − v and u + v, and C = cos 2c,
/// - dual: κ = a²/2 · (e^{−b²e/2} − C e^{−b²d/2}),
/// - derivative: κ̇ = a²b²/2 · (e^{−b²e/2} + C e^{−b²d/2}).
///
/// Source: sin x sin y = (cos(x − y) − cos(x + y))/2 and E cos z = e^{−E[z²]/2}; Rahimi and Recht, "Random features for
/// large-scale kernel machines", NIPS 2007, for `rbf`.
struct Sinusoid: LayerMap, ScalarDual {
    let a: Double
    let b: Double
    /// 1 − C and 1 + C, each without cancellation: 2 sin² c and 2 cos² c.
    let oneMinusC: Double
    let onePlusC: Double

    init(a: Double, b: Double, phase: Double) {
        self.a = a
        self.b = b
        oneMinusC = 2 * sin(phase) * sin(phase)
        onePlusC = 2 * cos(phase) * cos(phase)
    }

    /// `cos`, whose phase would be rounded if π/2 were added to it.
    init(cosineOf a: Double, b: Double, phase: Double) {
        self.a = a
        self.b = b
        oneMinusC = 2 * cos(phase) * cos(phase)
        onePlusC = 2 * sin(phase) * sin(phase)
    }

    init(rbf gamma: Double) {
        a = 2.0.squareRoot()
        b = (2 * gamma).squareRoot()
        (oneMinusC, onePlusC) = (1, 1)
    }

    private var c: Double { (onePlusC - oneMinusC) / 2 }
    var constants: [Double] { [c, onePlusC, oneMinusC == 0 ? 1 : 0] }
    var coefficientCount: Int { 4 }
    var loop: PairLoop? { .sinusoid }

    /// The deviation of the image over |a|, for z = |b| s.
    private func relativeImage(_ z: Double) -> Double {
        let loss = expm1(-2 * z * z)
        return ((oneMinusC * (1 + loss) - loss) / 2).squareRoot()
    }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        let z = abs(b) * deviation
        // Below 1e-9 sin is its argument to all digits, and the pair's normalised kernel does not depend on the size.
        let raised = deviation > 0 ? max(z, 1e-9) : 0
        let image = relativeImage(raised)
        coefficients[0] = raised
        coefficients[1] = exp(-raised * raised)
        coefficients[2] = image
        coefficients[3] = image > 0 ? 1 / image : 0
        return abs(a) * (z < 1e-9 && oneMinusC == 0 ? z : relativeImage(z))
    }

    func moments(_ pair: GaussianPair) -> DualMoments {
        let near = expm1(-b * b * pair.e / 2)
        let far = expm1(-b * b * max(0, 2 * (pair.p + pair.q) - pair.e) / 2)
        let kappa = near - c * far + oneMinusC
        let slope = near + c * far + onePlusC
        return DualMoments(kappa: a * a / 2 * kappa, kappaDot: a * a * b * b / 2 * slope)
    }
}
