/// The affine map x → B x + b of the plane: one step of an eigenmode with momentum, and its powers.
///
/// Repeated squaring takes the exact k-th step in log₂ k compositions and never divides by an eigenvalue.
struct Companion {
    var b11, b12, b21, b22: Double
    var c1, c2: Double

    static let identity = Companion(b11: 1, b12: 0, b21: 0, b22: 1, c1: 0, c2: 0)

    /// First `self`, then `next`.
    func then(_ next: Companion) -> Companion {
        Companion(
            b11: next.b11 * b11 + next.b12 * b21, b12: next.b11 * b12 + next.b12 * b22,
            b21: next.b21 * b11 + next.b22 * b21, b22: next.b21 * b12 + next.b22 * b22,
            c1: next.b11 * c1 + next.b12 * c2 + next.c1, c2: next.b21 * c1 + next.b22 * c2 + next.c2)
    }

    func power(_ count: Int) -> Companion {
        var (result, square, left) = (Companion.identity, self, count)
        while left > 0 {
            if left & 1 == 1 { result = result.then(square) }
            left >>= 1
            if left > 0 { square = square.then(square) }
        }
        return result
    }

    /// The map after time t of x' = A x + a, where this is (A, a): Taylor's series of a short time, then squared.
    ///
    /// All NaN where A t is beyond float64.
    func flow(_ t: Double) -> Companion {
        let norm = max(abs(b11) + abs(b12), abs(b21) + abs(b22), abs(c1) + abs(c2)) * t
        guard norm.isFinite else { return Companion(b11: .nan, b12: .nan, b21: .nan, b22: .nan, c1: .nan, c2: .nan) }
        let halvings = norm > 0.25 ? Int((norm / 0.25).exponent) + 1 : 0
        let h = Double(sign: .plus, exponent: -halvings, significand: t)
        // With terms up to h¹² the remainder is below 0.25¹³/13! ≈ 2e-18.
        var (term, sum) = (Companion.identity, Companion.identity)
        for k in 1...12 {
            let scale = h / Double(k)
            // The augmented matrix [[A, a], [0, 0]]: its powers hit the constant once.
            term = Companion(
                b11: scale * (b11 * term.b11 + b12 * term.b21), b12: scale * (b11 * term.b12 + b12 * term.b22),
                b21: scale * (b21 * term.b11 + b22 * term.b21), b22: scale * (b21 * term.b12 + b22 * term.b22),
                c1: scale * (b11 * term.c1 + b12 * term.c2 + (k == 1 ? c1 : 0)),
                c2: scale * (b21 * term.c1 + b22 * term.c2 + (k == 1 ? c2 : 0)))
            sum = Companion(
                b11: sum.b11 + term.b11, b12: sum.b12 + term.b12, b21: sum.b21 + term.b21, b22: sum.b22 + term.b22,
                c1: sum.c1 + term.c1, c2: sum.c2 + term.c2)
        }
        for _ in 0..<halvings { sum = sum.then(sum) }
        return sum
    }
}
