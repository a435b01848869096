import Architectures
import Foundation
@testable import InfiniteNetworks
import Testing

/// hard_tanh by its series and expansions, beside the integrals that large deviations fall back on.
struct ClippedSeriesTests {
    static let deviations = [1e-3, 0.025, 0.1, 0.3, 0.31, 0.9, 1, 1.01, 2.5, 11, 128]
    /// Both sides of the border at w = 0.05, and close to it.
    static let folds = [0, 1e-18, 1e-9, 1e-4, 0.01, 0.0499999, 0.05, 0.2, 0.5, -0.3, -0.05, -0.01, -1e-6, -0.0]

    @Test(arguments: deviations, deviations)
    func agreesWithTheIntegrals(s: Double, t: Double) throws {
        let integrated = ClippedLine().adapted(upTo: max(s, t))
        let series = try #require(ClippedLine().series(upTo: max(s, t)))
        for fold in Self.folds {
            let known = integrated.pair(s, t, fold: fold, integrated.rule.constants)
            let found = series.pair(s, t, fold: fold, series.constants)
            #expect(found.fold.sign == known.fold.sign)
            #expect(abs(found.fold - known.fold) < 1e-11, "\(s) \(t) \(fold): \(found.fold) and \(known.fold)")
            let diagonal = (integrated.pair(s, s, fold: 0, integrated.rule.constants).slope
                * integrated.pair(t, t, fold: 0, integrated.rule.constants).slope).squareRoot()
            #expect(abs(found.slope - known.slope) < 3e-11 * diagonal, "\(s) \(t) \(fold): \(found.slope) and \(known.slope)")
        }
    }

    /// On one side of the border by one expansion, on the other by the other: no step in between.
    @Test(arguments: deviations)
    func theExpansionsMeet(s: Double) throws {
        let series = try #require(ClippedLine().series(upTo: 128))
        for t in Self.deviations {
            let (near, far) = (series.pair(s, t, fold: 0.05.nextDown, series.constants), series.pair(s, t, fold: 0.05, series.constants))
            #expect(abs(near.fold - far.fold) < 2e-16 * max(2, s, t), "\(t)")
            #expect(abs(near.slope - far.slope) < 1e-14 * max(1, s * t), "\(t)")
        }
    }

    /// v' of rows that differ by a part h in their size is (h^2/4) E[(s d/ds (phi(s x)/s'))^2] + O(h^3): no digits go lost.
    @Test(arguments: [0.3, 1, 3])
    func nearRowsKeepTheirDigits(s: Double) throws {
        let series = try #require(ClippedLine().series(upTo: 4))
        func rate(_ h: Double) -> Double { series.pair(s, s * (1 + h), fold: 0, series.constants).fold / (h * h) }
        #expect(abs(rate(0x1p-20) / rate(0x1p-26) - 1) < 1e-5)
        #expect(abs(rate(0x1p-26) / rate(0x1p-30) - 1) < 1e-5)
        #expect(series.pair(s, s, fold: 0, series.constants).fold == 0)
    }

    @Test func singlePrecisionFollows() throws {
        var generator = SplitMix(state: 79)
        var x = generator.matrix(100, 12)
        x[1] = x[0]
        x[2] = x[0].map(-)
        x[3] = x[0].map { $0 * 1.001 }
        let layers = [dense(1.3, 0.2), activation(.hardTanh), dense(1.2, 0.1), activation(.hardTanh), dense(1, 0.1)]
        let stack = try DenseStack(Architecture(layers: layers), inputDimension: 12)
        let (double, single): (Results<Double>, Results<Float>) = (try stack.results(x), try stack.results(x, as: Float.self))
        var worst = 0.0
        for (i, j) in (0..<100).flatMap({ i in (0..<100).map { (i, $0) } }) {
            for (known, found) in [(double.nngp.kernel, single.nngp.kernel), (double.ntk.kernel, single.ntk.kernel)] {
                let scale = (known[i * 101] * known[j * 101]).squareRoot()
                worst = max(worst, abs(Double(found[i * 100 + j]) - known[i * 100 + j]) / scale)
            }
        }
        print("hard_tanh in float32: \(worst)")
        #expect(worst < 5e-6)
        #expect(single.nngp.distance[1] == 0)
    }

    @Test func largeDeviationsAreIntegrated() {
        #expect(ClippedLine().series(upTo: 129) == nil)
        #expect(ClippedLine().fitted(upTo: 129) is ClippedLine)
    }
}
