import Foundation

/// Dormand and Prince's embedded pair of order 5(4) with its continuous extension (Hairer, Nørsett, Wanner, "Solving Ordinary
/// Differential Equations I", II.5 and II.6): steps are as long as the tolerance allows, whatever times are asked for.
public struct DormandPrince {
    public var relativeTolerance = 1e-11
    public var absoluteTolerance = 1e-12
    public var stepLimit = 2_000_000

    public init() {}

    private static let c: [Double] = [0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1]
    private static let a: [[Double]] = [
        [], [1.0 / 5], [3.0 / 40, 9.0 / 40], [44.0 / 45, -56.0 / 15, 32.0 / 9],
        [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729],
        [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656],
        [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84],
    ]
    /// Fifth order less fourth.
    private static let e: [Double] = [
        71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40,
    ]
    /// The continuous extension's fourth-order weights.
    private static let d: [Double] = [
        -12_715_105_075.0 / 11_282_082_432, 0, 87_487_479_700.0 / 32_700_410_799, -10_690_763_975.0 / 1_880_347_072,
        701_980_252_875.0 / 199_316_789_632, -1_453_857_185.0 / 822_651_844, 69_997_945.0 / 29_380_423,
    ]

    /// Integrates y' = f(y) from time 0 and gives the state at each time, in the order asked.
    ///
    /// - Parameters:
    ///   - times: finite, at least 0.
    ///   - derivative: writes f(y) for y.
    /// - Throws: `tooManySteps`, `notFinite`, `cancelled`.
    public func solve(
        from start: [Double], times: [Double], isCancelled: CancellationCheck = { false },
        derivative: ([Double], inout [Double]) -> Void
    ) throws(DynamicsError) -> [[Double]] {
        let order = times.indices.sorted { times[$0] < times[$1] }
        var result = [[Double]](repeating: start, count: times.count)
        guard let last = order.last, times[last] > 0 else { return result }
        let end = times[last]
        var next = order.firstIndex { times[$0] > 0 } ?? order.count
        var (t, y) = (0.0, start)
        var k = [[Double]](repeating: [Double](repeating: 0, count: start.count), count: 7)
        derivative(y, &k[0])
        var h = min(end, firstStep(y, k[0]))
        var trial = y
        for step in 0... {
            if isCancelled() { throw .cancelled }
            guard step < stepLimit, t + h > t else { throw .tooManySteps(limit: stepLimit, reached: t, of: end) }
            for stage in 1..<7 {
                for i in y.indices {
                    var sum = 0.0
                    for (j, weight) in Self.a[stage].enumerated() { sum += weight * k[j][i] }
                    trial[i] = y[i] + h * sum
                }
                derivative(trial, &k[stage])
            }
            let error = norm(of: k, step: h, from: y, to: trial)
            guard error.isFinite else {
                h /= 10
                continue
            }
            if error <= 1 {
                while next < order.count, times[order[next]] <= t + h {
                    result[order[next]] = interpolate(y, trial, k, h, at: (times[order[next]] - t) / h)
                    next += 1
                }
                t += h
                if next == order.count { return result }
                (y, trial) = (trial, y)
                // The last stage is the first of the next step.
                k.swapAt(0, 6)
            }
            h = min(h * min(5, max(0.2, 0.9 * pow(max(error, 1e-10), -0.2))), end - t)
            // A remainder that rounding leaves is the end itself.
            if end - t <= end * Double.ulpOfOne {
                while next < order.count {
                    result[order[next]] = y
                    next += 1
                }
                return result
            }
        }
        return result
    }

    /// A step over which the solution changes by about a hundredth of its tolerance-weighted size.
    private func firstStep(_ y: [Double], _ slope: [Double]) -> Double {
        var (size, speed) = (0.0, 0.0)
        for i in y.indices {
            let scale = absoluteTolerance + relativeTolerance * abs(y[i])
            size = max(size, abs(y[i]) / scale)
            speed = max(speed, abs(slope[i]) / scale)
        }
        return speed > 0 ? max(0.01 * max(size, 1) / speed, 1e-12) : 1e-3
    }

    private func norm(of k: [[Double]], step h: Double, from y: [Double], to trial: [Double]) -> Double {
        var sum = 0.0
        for i in y.indices {
            var error = 0.0
            for j in 0..<7 { error += Self.e[j] * k[j][i] }
            let scale = absoluteTolerance + relativeTolerance * max(abs(y[i]), abs(trial[i]))
            sum += (h * error / scale) * (h * error / scale)
        }
        return (sum / Double(max(1, y.count))).squareRoot()
    }

    private func interpolate(_ y: [Double], _ end: [Double], _ k: [[Double]], _ h: Double, at x: Double) -> [Double] {
        y.indices.map { i in
            let change = end[i] - y[i]
            let bend = h * k[0][i] - change
            var quartic = 0.0
            for j in 0..<7 { quartic += Self.d[j] * k[j][i] }
            return y[i] + x * (change + (1 - x) * (bend + x * (change - h * k[6][i] - bend + (1 - x) * h * quartic)))
        }
    }
}
