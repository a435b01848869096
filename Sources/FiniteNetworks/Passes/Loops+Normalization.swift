/// Layer normalization, y = (x − μ) r with r = 1/√(mean (x − μ)² + ε), averaged over each group of positions and all channels.
///
/// Means are summed in float64.
extension Loops {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    static func normalize<Scalar: NetworkScalar>(
        _ source: UnsafePointer<Scalar>, _ groups: NormalizedGroups, _ shape: ValueShape, epsilon: Double, count: Int,
        into target: UnsafeMutablePointer<Scalar>, inverse: UnsafeMutablePointer<Scalar>
    ) {
        eachGroup(groups, shape, count: count) { number, positions, example in
            let (x, y) = (source + example, target + example)
            let center = mean(positions, shape.channels) { Double(x[$0]) }
            let variance = mean(positions, shape.channels) { (Double(x[$0]) - center) * (Double(x[$0]) - center) }
            let r = 1 / (variance + epsilon).squareRoot()
            inverse[number] = Scalar(r)
            each(positions, shape.channels) { y[$0] = Scalar((Double(x[$0]) - center) * r) }
        }
    }

    /// Backwards: target = or += r (δ − mean δ − y · mean δy).
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    static func normalizeBackward<Scalar: NetworkScalar>(
        _ delta: UnsafePointer<Scalar>, output: UnsafePointer<Scalar>, inverse: UnsafePointer<Scalar>, _ groups: NormalizedGroups,
        _ shape: ValueShape, count: Int, into target: UnsafeMutablePointer<Scalar>, adds: Bool
    ) {
        eachGroup(groups, shape, count: count) { number, positions, example in
            let (d, y, t) = (delta + example, output + example, target + example)
            let center = mean(positions, shape.channels) { Double(d[$0]) }
            let along = mean(positions, shape.channels) { Double(d[$0]) * Double(y[$0]) }
            let r = Double(inverse[number])
            each(positions, shape.channels) {
                let value = r * (Double(d[$0]) - center - Double(y[$0]) * along)
                t[$0] = Scalar((adds ? Double(t[$0]) : 0) + value)
            }
        }
    }

    /// Forwards along a direction: with c = x − μ and v = mean c² + ε, y' = c' r + c r' and y'' = c'' r + 2 c' r' + c r'',
    /// where r' = −r³ v'/2, r'' = 3 r⁵ v'²/4 − r³ v''/2, v' = 2 mean c c' and v'' = 2 mean (c'² + c c'').
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    static func normalizeForward<Scalar: NetworkScalar>(
        _ first: UnsafePointer<Scalar>, _ second: UnsafePointer<Scalar>?, output: UnsafePointer<Scalar>,
        inverse: UnsafePointer<Scalar>, _ groups: NormalizedGroups, _ shape: ValueShape, count: Int,
        into firstTarget: UnsafeMutablePointer<Scalar>, _ secondTarget: UnsafeMutablePointer<Scalar>?
    ) {
        eachGroup(groups, shape, count: count) { number, positions, example in
            let (dx, y) = (first + example, output + example)
            let r = Double(inverse[number])
            func c(_ i: Int) -> Double { Double(y[i]) / r }
            let center = mean(positions, shape.channels) { Double(dx[$0]) }
            func dc(_ i: Int) -> Double { Double(dx[i]) - center }
            let dv = 2 * mean(positions, shape.channels) { c($0) * dc($0) }
            let dr = -r * r * r * dv / 2
            if let second, let secondTarget {
                let ddx = second + example
                let secondCenter = mean(positions, shape.channels) { Double(ddx[$0]) }
                func ddc(_ i: Int) -> Double { Double(ddx[i]) - secondCenter }
                let ddv = 2 * mean(positions, shape.channels) { dc($0) * dc($0) + c($0) * ddc($0) }
                let ddr = 0.75 * r * r * r * r * r * dv * dv - r * r * r * ddv / 2
                let target = secondTarget + example
                each(positions, shape.channels) { target[$0] = Scalar(ddc($0) * r + 2 * dc($0) * dr + c($0) * ddr) }
            }
            let target = firstTarget + example
            each(positions, shape.channels) { target[$0] = Scalar(dc($0) * r + c($0) * dr) }
        }
    }

    @inline(__always)
    private static func eachGroup(
        _ groups: NormalizedGroups, _ shape: ValueShape, count: Int, _ body: (_ number: Int, _ positions: [Int], _ example: Int) -> Void
    ) {
        for example in 0..<count {
            for (index, positions) in groups.groups.enumerated() {
                body(example * groups.groups.count + index, positions, example * shape.elements)
            }
        }
    }

    @inline(__always)
    private static func each(_ positions: [Int], _ channels: Int, _ body: (Int) -> Void) {
        for position in positions {
            for i in position * channels..<(position + 1) * channels { body(i) }
        }
    }

    @inline(__always)
    private static func mean(_ positions: [Int], _ channels: Int, _ term: (Int) -> Double) -> Double {
        var sum = 0.0
        each(positions, channels) { sum += term($0) }
        return sum / Double(positions.count * channels)
    }
}
