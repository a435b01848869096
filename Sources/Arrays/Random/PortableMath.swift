/// Elementary functions from IEEE additions, products, quotients and square roots alone: the same bits on every machine,
/// which the C library does not promise. The logarithm is within 3 units
/// in the last place, sine and cosine within 1e-15.
enum PortableMath {
    /// ln x for a normal, positive x: x = 2^e m with m in [sqrt 1/2, sqrt 2), and ln m = 2 artanh((m - 1) / (m + 1)) by its series.
    static func log(_ x: Double) -> Double {
        var (mantissa, exponent) = (x.significand, Double(x.exponent))
        if mantissa > 1.4142135623730951 {
            mantissa /= 2
            exponent += 1
        }
        let s = (mantissa - 1) / (mantissa + 1)
        let square = s * s
        // |s| <= 0.1716: the first term left out is below 1e-18 of the sum.
        var series = 1.0 / 23
        for odd in stride(from: 21.0, through: 1, by: -2) { series = series * square + 1 / odd }
        return exponent * 0.6931471805599453 + 2 * s * series
    }

    /// (cos 2πt, sin 2πt) for a finite t. Whole and quarter turns are taken off exactly, and Taylor series do the rest within π/4.
    static func circle(turns t: Double) -> (cosine: Double, sine: Double) {
        let rest = t - t.rounded(.toNearestOrEven)
        let quarter = (4 * rest).rounded(.toNearestOrEven)
        let angle = (rest - quarter / 4) * 6.283185307179586
        let square = angle * angle
        var (cosine, sine) = (1.0, 1.0)
        for even in stride(from: 18.0, through: 2, by: -2) {
            cosine = 1 - square / (even * (even - 1)) * cosine
            sine = 1 - square / (even * (even + 1)) * sine
        }
        sine *= angle
        switch Int(quarter) & 3 {
        case 0: return (cosine, sine)
        case 1: return (-sine, cosine)
        case 2: return (-cosine, -sine)
        default: return (sine, -cosine)
        }
    }
}
