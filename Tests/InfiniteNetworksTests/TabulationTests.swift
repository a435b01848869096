import Architectures
import Foundation
@testable import InfiniteNetworks
import Testing

/// Tables of the integrated nonlinearities against the quadrature that they stand in for.
struct TabulationTests {
    /// hard_tanh bends where both its variables move, so it has no table.
    static let functions = integrated.filter { $0 != .hardTanh }

    private func adaptive(_ function: Nonlinearity) throws -> any AdaptiveMap {
        let stack = try DenseStack(Architecture(layers: [dense(), activation(function)]), inputDimension: 2)
        return try #require(stack.steps[1].map as? any AdaptiveMap)
    }

    /// Of large deviations s tanh is a step of width 1/s: E[tanh'(s z)²] = (4/3)/(√(2π) s) (1 + O(1/s²)). An error of all
    /// slopes alike counts as well.
    @Test(arguments: [1e3, 1.1e6])
    func errorsOfLargeDeviationsAreOwned(deviation: Double) throws {
        let map = try adaptive(.tanh).adapted(upTo: deviation)
        var coefficients = [Double](repeating: 0, count: map.coefficientCount)
        let image = coefficients.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { map.image(of: deviation, coefficients: $0) } ?? .nan
        }
        let ratio = image / deviation, limit = 4 / 3 / ((2 * Double.pi).squareRoot() * deviation)
        for fold in [0, -0.0] {
            let slope = map.pair(deviation, deviation, fold: fold, map.constants).slope * ratio * ratio
            let error = abs(slope / limit - 1)
            #expect(error < 1e-10 + 10 * map.estimatedError + 2 / (deviation * deviation), "\(error), told \(map.estimatedError)")
        }
    }

    @Test(arguments: functions, [0.4...1.9, 0.9...0.9, 0...0.5])
    func pairsAgree(function: Nonlinearity, range: ClosedRange<Double>) throws {
        let map = try adaptive(function).adapted(upTo: range.upperBound)
        let table = try #require(map.tabulated(over: range, pairs: 1_000_000) { false })
        #expect(table.estimatedError <= 1e-10)
        let seed: UInt64 = 77
        var generator = SplitMix(state: seed)
        var worst = (cosine: 0.0, slope: 0.0, near: 0.0)
        for index in 0..<200 {
            let s = max(1e-18, Double.random(in: range, using: &generator))
            let t = index % 5 == 0 ? s : max(1e-18, Double.random(in: range, using: &generator))
            let size = index % 3 == 0 ? pow(10, Double.random(in: -14...0, using: &generator)) / 2 : Double.random(
                in: 0...0.5, using: &generator)
            let fold = index % 2 == 0 ? size : -size
            let known = map.pair(s, t, fold: fold, map.constants)
            let found = table.pair(s, t, fold: fold, table.constants)
            let diagonal = (map.pair(s, s, fold: 0, map.constants).slope * map.pair(t, t, fold: 0, map.constants).slope)
                .squareRoot()
            func cosine(_ fold: Double) -> Double { fold.sign == .minus ? 2 * fold.magnitude - 1 : 1 - 2 * fold }
            worst.cosine = max(worst.cosine, abs(cosine(known.fold) - cosine(found.fold)))
            worst.slope = max(worst.slope, abs(known.slope - found.slope) / diagonal)
            // Of equal variances what is left is the angle's, to its own size; the quadrature squares a difference about
            // as large as the chord of two rounded numbers near 1, and loses what the tables keep.
            let rounding = 4 * Double.ulpOfOne / size.squareRoot()
            if s == t, fold > 0 { worst.near = max(worst.near, abs(known.fold - found.fold) / known.fold - rounding) }
        }
        print("\(function) \(range) seed \(seed): cosine \(worst.cosine), slope \(worst.slope), near \(worst.near)")
        #expect(worst.cosine < 2e-11)
        #expect(worst.slope < 4e-11)
        #expect(worst.near < 4e-11)
        let own = table.pair(range.upperBound, range.upperBound, fold: 0, table.constants).fold
        #expect(own == 0)
    }

    /// A matrix that is large enough for tables, and some of its rows by themselves, which are not.
    @Test(arguments: functions)
    func largeMatricesAgreeWithSmall(function: Nonlinearity) throws {
        let seed: UInt64 = 78
        print("seed \(seed)")
        var generator = SplitMix(state: seed)
        var x = generator.matrix(240, 12)
        x[1] = x[0]
        x[2] = x[0].map(-)
        x[3] = x[0].map { $0 * (1 + 1e-9) }
        let layers = [dense(1.3, 0.2), activation(function), dense(1.2, 0.1), activation(function), dense(1, 0.1)]
        let stack = try DenseStack(Architecture(layers: layers), inputDimension: 12)
        let large: Results<Double> = try stack.results(x)
        let rows = Array(x[0..<8])
        let small: Results<Double> = try stack.results(rows, rows)
        for i in 0..<8 {
            for j in 0..<8 {
                for (found, known) in [(large.nngp, small.nngp), (large.ntk, small.ntk)] {
                    let scale = (known.kernel[i * 9] * known.kernel[j * 9]).squareRoot()
                    #expect(abs(found.kernel[i * 240 + j] - known.kernel[i * 8 + j]) < 1e-10 * scale, "\(i) \(j)")
                    #expect(found.kernel[i * 240 + j] == found.kernel[j * 240 + i])
                }
            }
        }
        #expect(large.nngp.distance[1] == 0)
        #expect(abs(large.nngp.distance[3] - small.nngp.distance[3]) < 1e-5 * small.nngp.distance[3])
        let single: Results<Float> = try stack.results(x, as: Float.self)
        var worst = 0.0
        for index in 0..<240 * 240 {
            let (i, j) = (index / 240, index % 240)
            let scale = (large.ntk.kernel[i * 241] * large.ntk.kernel[j * 241]).squareRoot()
            worst = max(worst, abs(Double(single.ntk.kernel[index]) - large.ntk.kernel[index]) / scale)
        }
        print("\(function) in float32: \(worst)")
        #expect(worst < 5e-6)
    }

    @Test func tablesAreLeftAloneWhereTheyDoNotPay() throws {
        let map = try adaptive(.tanh).adapted(upTo: 2)
        #expect(map.tabulated(over: 0.4...1.9, pairs: 1000) { false } == nil)
        #expect(map.tabulated(over: 0.4...1.9, pairs: 1_000_000) { true } == nil)
        #expect(try adaptive(.hardTanh).tabulated(over: 0.4...1.9, pairs: 1_000_000) { false } == nil)
    }
}
