/// What a function given by its Hermite coefficients needs: φ(s x) = Σ_k a_k(s) h_k(x), with the Hermite polynomials
/// h_k = He_k/√k! orthonormal under the standard normal density.
///
/// - dual: κ = Σ_k a_k(s_i) a_k(s_j) ρ^k,
/// - derivative: κ̇ = Σ_k k a_k(s_i) a_k(s_j) ρ^{k−1}/(s_i s_j).
///
/// Source: Mehler's formula; Daniely, Frostig, Singer, "Toward deeper understanding of neural networks", NIPS 2016,
/// section 4.
enum HermiteSeries {
    /// Divides the coefficients by their norm and returns it; leaves zeros as they are.
    static func normalise(_ coefficients: UnsafeMutablePointer<Double>, count: Int) -> Double {
        var largest = 0.0
        for k in 0..<count { largest = max(largest, abs(coefficients[k])) }
        guard largest > 0, largest.isFinite else { return largest }
        var sum = 0.0
        for k in 0..<count {
            coefficients[k] /= largest
            sum += coefficients[k] * coefficients[k]
        }
        let norm = sum.squareRoot()
        for k in 0..<count { coefficients[k] /= norm }
        return norm * largest
    }

    /// κ and κ̇ s_i s_j for coefficients a and b of the two rows.
    static func sums(_ a: [Double], _ b: [Double], cosine: Double) -> (kappa: Double, slope: Double) {
        var (kappa, slope) = (0.0, 0.0)
        for k in stride(from: a.count - 1, through: 0, by: -1) {
            let weight = a[k] * b[k]
            kappa = kappa * cosine + weight
            if k > 0 { slope = slope * cosine + Double(k) * weight }
        }
        return (kappa, slope)
    }
}
