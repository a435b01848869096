/// The inverse of the standard normal distribution function: Wichura, "Algorithm AS 241: The percentage points of the normal
/// distribution", Applied Statistics 37 (1988), routine PPND16. Relative error about 1e-15, from arithmetic that gives the
/// same bits on every machine (see ``PortableMath``).
enum NormalQuantile {
    /// The x with Φ(x) = p, for 0 < p < 1.
    static func value(at p: Double) -> Double {
        let q = p - 0.5
        if q.magnitude <= 0.425 {
            return q * ratio(
                at: 0.180625 - q * q,
                over: SIMD8(
                    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987,
                    13731.69376550946, 1971.5909503065513, 133.14166789178438, 3.3871328727963665),
                under: SIMD8(
                    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597,
                    5394.196021424751, 687.1870074920579, 42.31333070160091, 1))
        }
        let r = (-PortableMath.log(q < 0 ? p : 1 - p)).squareRoot()
        let magnitude =
            if r <= 5 {
                ratio(
                    at: r - 1.6,
                    over: SIMD8(
                    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684,
                    3.6478483247632045, 5.769497221460691, 4.630337846156546, 1.4234371107496835),
                    under: SIMD8(
                    1.0507500716444169e-09, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008,
                    0.6897673349851, 1.6763848301838038, 2.053191626637759, 1))
            } else {
                ratio(
                    at: r - 5,
                    over: SIMD8(
                    2.0103343992922881e-07, 2.7115555687434876e-05, 0.0012426609473880784, 0.026532189526576124,
                    0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103),
                    under: SIMD8(
                    2.0442631033899397e-15, 1.421511758316446e-07, 1.8463183175100548e-05, 0.0007868691311456133,
                    0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1))
            }
        return q < 0 ? -magnitude : magnitude
    }

    /// A quotient of two polynomials of degree 7, coefficients from the highest power down, by Horner's rule.
    @inline(__always)
    private static func ratio(at r: Double, over: SIMD8<Double>, under: SIMD8<Double>) -> Double {
        var (a, b) = (over[0], under[0])
        for power in 1..<8 {
            a = a * r + over[power]
            b = b * r + under[power]
        }
        return a / b
    }
}
