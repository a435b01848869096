import Architectures
import Foundation
@testable import InfiniteNetworks
import Testing

/// κ and κ̇ themselves: against integrals, against each other, and the strips of dense stacks against them.
struct DualTests {
    struct Integrals: Sendable, CustomTestStringConvertible {
        let nonlinearity: Nonlinearity
        let points: [[Double]]
        let kappa: [Double]
        let kappaDot: [Double]

        var testDescription: String { "\(nonlinearity)" }
    }

    /// Integrals of φ and φ' themselves to 40 digits (`Scripts/dual_integrals.py`), each rounded once, to the nearest float64.
    static func integrals() throws -> [Integrals] {
        let document = try fixture("dual_integrals")
        guard let points = document["points"] as? [[Double]], let cases = document["cases"] as? [[String: Any]] else {
            throw DocumentError(description: "the fixture has no points or cases")
        }
        return try cases.map { entry in
            guard let layer = entry["nonlinearity"] as? [String: Any], let kappa = entry["kappa"] as? [String],
                let kappaDot = entry["kappa_dot"] as? [String], kappa.count == points.count, kappaDot.count == points.count
            else { throw DocumentError(description: "\(entry)") }
            return Integrals(
                nonlinearity: try nonlinearity(layer), points: points, kappa: try kappa.map(number), kappaDot: try kappaDot.map(number))
        }
    }

    private static func number(_ text: String) throws -> Double {
        guard let value = Double(text) else { throw DocumentError(description: "\(text) is no number") }
        return value
    }

    @Test(arguments: try integrals())
    func agreesWithIntegrals(reference: Integrals) {
        let dual = reference.nonlinearity.dual
        var worst = (kappa: 0.0, kappaDot: 0.0)
        for (index, point) in reference.points.enumerated() {
            let (p, q, c) = (point[0], point[1], point[2])
            let moments = dual.moments(p, q, c)
            let (own, other) = (dual.moments(p, p, p), dual.moments(q, q, q))
            let scale = (own.kappa * other.kappa).squareRoot()
            let slope = (own.kappaDot * other.kappaDot).squareRoot()
            let errors = (abs(moments.kappa - reference.kappa[index]), abs(moments.kappaDot - reference.kappaDot[index]))
            // Of the step at 0 the document says φ(0) = 1, and κ̇ of the kinked at c = p = q = 0 is a convention.
            let isZero = p == 0 || q == 0
            worst.kappa = max(worst.kappa, errors.0 / max(scale, 1e-30))
            if !isZero { worst.kappaDot = max(worst.kappaDot, errors.1 / max(slope, 1e-30)) }
        }
        print("\(reference.nonlinearity): kappa \(worst.kappa), kappa-dot \(worst.kappaDot)")
        let tolerance = integrated.contains(reference.nonlinearity) && reference.nonlinearity != .hardTanh ? 1e-10 : 1e-14
        #expect(worst.kappa < tolerance)
        #expect(worst.kappaDot < 10 * tolerance)
    }

    /// Price's theorem (1958): κ̇ = ∂κ/∂c at fixed variances.
    @Test(arguments: closedForms + integrated)
    func derivativesFollowFromDuals(function: Nonlinearity) {
        let dual = function.dual
        switch function {
        case .sign, .rectifiedMonomial(degree: 0): return
        default: break
        }
        for (p, q, cosine) in [(1.0, 1.0, 0.3), (0.5, 2.0, -0.4), (3.0, 0.2, 0.6), (1.5, 1.5, 0.9), (2.0, 1.0, -0.95)] {
            let (c, h) = (cosine * (p * q).squareRoot(), 1e-4)
            func kappa(_ step: Double) -> Double { dual.moments(p, q, c + step * h).kappa }
            // The five-point rule, off by h⁴.
            let difference = (kappa(-2) - 8 * kappa(-1) + 8 * kappa(1) - kappa(2)) / (12 * h)
            let slope = dual.moments(p, q, c).kappaDot
            #expect(abs(difference - slope) < 1e-9 * max(1, abs(slope)), "\(function) at \(p) \(q) \(c)")
        }
    }

    /// A dense stack of one nonlinearity on rows of two features whose angle, sizes and covariance are known.
    @Test(arguments: closedForms + integrated)
    func stripsAgreeWithDuals(function: Nonlinearity) throws {
        let dual = function.dual
        var generator = SplitMix(state: 51)
        let x: [[Double]] = (0..<24).map { i in
            let (size, angle) = (Double.random(in: 0.1...2.5, using: &generator), Double.random(in: 0...6.3, using: &generator))
            return i == 0 ? [0, 0] : [size * cos(angle), size * sin(angle)]
        }
        let stack = try DenseStack(Architecture(layers: [dense(), activation(function)]), inputDimension: 2)
        let results = try stack.results(x + [x[3], x[4].map(-), x[5].map { $0 / 2 }], x)
        let rows = x + [x[3], x[4].map(-), x[5].map { $0 / 2 }]
        for i in rows.indices {
            for j in x.indices {
                func dot(_ u: [Double], _ v: [Double]) -> Double { (u[0] * v[0] + u[1] * v[1]) / 2 }
                let difference = [rows[i][0] - x[j][0], rows[i][1] - x[j][1]]
                let pair = GaussianPair(
                    p: dot(rows[i], rows[i]), q: dot(x[j], x[j]), c: dot(rows[i], x[j]), e: dot(difference, difference))
                let moments = dual.moments(pair)
                let (own, other) = (dual.moments(pair.p, pair.p, pair.p), dual.moments(pair.q, pair.q, pair.q))
                let index = i * x.count + j
                let scale = (own.kappa * other.kappa).squareRoot()
                // Where rows are parallel or opposite what jumps or bends sees an angle, and c has half the digits of one.
                let isSharp = abs(pair.cosine) > 1 - 1e-12 && pair.e != 0
                let tolerance = isSharp ? 1e-7 : integrated.contains(function) ? 2e-11 : 1e-13
                #expect(abs(results.nngp.kernel[index] - moments.kappa) <= tolerance * scale + 1e-300, "\(i) \(j)")
                let slope = (own.kappaDot * other.kappaDot).squareRoot() * (pair.p * pair.q).squareRoot()
                #expect(abs(results.ntk.kernel[index] - moments.kappaDot * pair.c) <= tolerance * slope + 1e-300, "\(i) \(j)")
            }
        }
    }
}
