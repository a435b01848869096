import Foundation

// φ, φ' and φ'' of each smooth nonlinearity, by the names of the document. With them derivatives of any network are had
// forwards and backwards; the second one serves its second-order expansion.

extension ElementwiseFunction {
    /// a·erf(b x) + c;  φ' = (2ab/√π) e^{−b²x²},  φ'' = −2b²x φ'
    func errorFunction(_ x: Double, _ a: Double, _ b: Double, _ c: Double) -> Jet {
        let first = 2 * a * b / Double.pi.squareRoot() * exp(-b * b * x * x)
        return Jet(a * erf(b * x) + c, first, -2 * b * b * x * first)
    }

    /// x Φ(x);  φ' = Φ + x n,  φ'' = (2 − x²) n, with n the normal density
    func gelu(_ x: Double) -> Jet {
        let below = erfc(-x * 0.5.squareRoot()) / 2
        let density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
        // Far out x² may be beyond float64 where the density is zero.
        guard density > 0 else { return Jet(x * below, below, 0) }
        return Jet(x * below, below + x * density, (2 - x * x) * density)
    }

    /// a·sin(b x + c);  φ' = ab·cos(b x + c),  φ'' = −b² φ
    func sinusoid(_ x: Double, _ a: Double, _ b: Double, _ c: Double) -> Jet {
        let value = a * sin(b * x + c)
        return Jet(value, a * b * cos(b * x + c), -b * b * value)
    }

    /// a e^{b x};  φ' = b φ,  φ'' = b² φ
    func exponential(_ x: Double, _ a: Double, _ b: Double) -> Jet {
        let value = a * exp(b * x)
        return Jet(value, b * value, b * b * value)
    }

    /// a e^{b x²};  φ' = 2bx φ,  φ'' = 2b (1 + 2bx²) φ
    func gaussian(_ x: Double, _ a: Double, _ b: Double) -> Jet {
        let value = a * exp(b * x * x)
        guard value != 0 else { return Jet(0, 0, 0) }
        return Jet(value, 2 * b * x * value, 2 * b * (1 + 2 * b * x * x) * value)
    }

    /// g sin x with g = e^{−x²};  φ' = g (cos x − 2x sin x),  φ'' = g ((4x² − 3) sin x − 4x cos x)
    func gabor(_ x: Double) -> Jet {
        let (g, s, c) = (exp(-x * x), sin(x), cos(x))
        guard g > 0 else { return Jet(0, 0, 0) }
        return Jet(g * s, g * (c - 2 * x * s), g * ((4 * x * x - 3) * s - 4 * x * c))
    }

    /// x^d
    func monomial(_ x: Double, _ degree: Int) -> Jet {
        func power(_ exponent: Int) -> Double { exponent < 0 ? 0 : pow(x, Double(exponent)) }
        let d = Double(degree)
        return Jet(power(degree), d * power(degree - 1), d * (d - 1) * power(degree - 2))
    }

    /// Σ c_k x^k with both derivatives by Horner's rule.
    func polynomial(_ x: Double, _ coefficients: [Double]) -> Jet {
        var jet = Jet(0, 0, 0)
        for c in coefficients.reversed() {
            jet.second = jet.second * x + 2 * jet.first
            jet.first = jet.first * x + jet.value
            jet.value = jet.value * x + c
        }
        return jet
    }

    /// h_d = He_d/√d!;  h_d' = √d h_{d−1},  by h_{k+1} = (x h_k − √k h_{k−1})/√(k + 1)
    func hermite(_ x: Double, _ degree: Int) -> Jet {
        // h_{k−2}, h_{k−1} and h_k.
        var (before, previous, last) = (0.0, 0.0, 1.0)
        for k in 0..<degree {
            let next = (x * last - Double(k).squareRoot() * previous) / Double(k + 1).squareRoot()
            (before, previous, last) = (previous, last, next)
        }
        let d = Double(degree)
        return Jet(last, d.squareRoot() * previous, (d * (d - 1)).squareRoot() * before)
    }

    /// φ' = 1 − φ²,  φ'' = −2φ φ'
    func hyperbolicTangent(_ x: Double) -> Jet {
        let value = tanh(x)
        // 1/cosh² keeps the digits of φ' where φ is near ±1.
        let first = 1 / (cosh(x) * cosh(x))
        return Jet(value, first, -2 * value * first)
    }

    /// σ = 1/(1 + e^{−x});  φ' = σ (1 − σ),  φ'' = φ' (1 − 2σ)
    func sigmoid(_ x: Double) -> Jet {
        let (value, rest) = logistic(x)
        return Jet(value, value * rest, value * rest * (rest - value))
    }

    /// log(1 + e^x);  φ' = σ,  φ'' = σ (1 − σ)
    func softplus(_ x: Double) -> Jet {
        let (s, rest) = logistic(x)
        return Jet(max(x, 0) + log1p(exp(-abs(x))), s, s * rest)
    }

    /// x σ(x);  φ' = σ + x σ',  φ'' = 2σ' + x σ''
    func silu(_ x: Double) -> Jet {
        let s = sigmoid(x)
        return Jet(x * s.value, s.value + x * s.first, 2 * s.first + x * s.second)
    }

    /// λ x for x > 0, λ α (e^x − 1) below.
    func elu(_ x: Double, alpha: Double, lambda: Double) -> Jet {
        guard x <= 0 else { return Jet(lambda * x, lambda, 0) }
        let slope = lambda * alpha * exp(x)
        return Jet(lambda * alpha * expm1(x), slope, slope)
    }

    /// x t(x) with t = tanh(softplus(x));  t' = (1 − t²) σ,  t'' = t' (1 − σ − 2 t σ)
    func mish(_ x: Double) -> Jet {
        let plus = softplus(x)
        let t = hyperbolicTangent(plus.value)
        let first = t.first * plus.first
        let second = first * ((1 - plus.first) - 2 * t.value * plus.first)
        return Jet(x * t.value, t.value + x * first, 2 * first + x * second)
    }

    /// σ(x) and 1 − σ(x), both with all their digits.
    private func logistic(_ x: Double) -> (Double, Double) {
        let small = exp(-abs(x))
        let (large, rest) = (1 / (1 + small), small / (1 + small))
        return x >= 0 ? (large, rest) : (rest, large)
    }
}
