import Architectures
import Dynamics
import Foundation
import Testing

@Suite("Phases of deep networks")
struct PhaseTests {
    static let relu = Nonlinearity.abRelu(a: 0, b: 1)
    static let erf = Nonlinearity.erf(a: 1, b: 1, c: 0)

    @Test("without a bias the critical weights are those known: erf √(π/4), tanh 1, relu √2")
    func criticalWithoutBias() throws {
        for (nonlinearity, variance) in [(Self.erf, Double.pi / 4), (.tanh, 1), (Self.relu, 2)] {
            let point = try #require(CriticalPoint.find(of: nonlinearity, biasStd: 0))
            #expect(abs(point.weightStd * point.weightStd - variance) < 1e-9, "\(nonlinearity): \(point)")
        }
    }

    @Test("relu has q* = σ_b²/(1 − σ_w²/2) and χ₁ = σ_w²/2")
    func relu() throws {
        let point = PhasePoint(of: Self.relu, weightStd: 1.9.squareRoot(), biasStd: 0.2.squareRoot())
        try #expect(point.phase == .ordered && abs(#require(point.variance) - 4) < 1e-9)
        try #expect(point.correlation == 1 && abs(#require(point.chiOne) - 0.95) < 1e-12)
        try #expect(abs(#require(point.correlationDepth) + 1 / log(0.95)) < 1e-9 && abs(#require(point.varianceDepth) + 1 / log(0.95)) < 1e-7)
        let none = PhasePoint(of: Self.relu, weightStd: 2.1.squareRoot(), biasStd: 0.1)
        #expect(none.phase == .diverges && none.variance == nil && none.chi == nil)
        #expect(PhasePoint(of: Self.relu, weightStd: 2.0.squareRoot(), biasStd: 0).phase == .critical)
        #expect(CriticalPoint.find(of: Self.relu, biasStd: 0.3) == nil)
    }

    @Test("the critical line runs between order and chaos, and on it χ₁ is 1", arguments: [PhaseTests.erf, .tanh])
    func line(_ nonlinearity: Nonlinearity) throws {
        for bias in [0.05, 0.3, 1] {
            let critical = try #require(CriticalPoint.find(of: nonlinearity, biasStd: bias))
            let on = PhasePoint(of: nonlinearity, weightStd: critical.weightStd, biasStd: bias)
            try #expect(abs(#require(on.chiOne) - 1) < 1e-9 && abs(#require(on.variance) - critical.variance) < 1e-9)
            #expect(PhasePoint(of: nonlinearity, weightStd: 0.95 * critical.weightStd, biasStd: bias).phase == .ordered)
            let chaos = PhasePoint(of: nonlinearity, weightStd: 1.1 * critical.weightStd, biasStd: bias)
            let (correlation, chi) = (try #require(chaos.correlation), try #require(chaos.chi))
            #expect(chaos.phase == .chaotic && correlation < 1 && correlation > 0 && chi < 1)
        }
    }

    @Test("the fixed points of erf are those of its maps in closed form")
    func erfMaps() throws {
        let (weight, bias) = (4.0, 0.09)
        let point = PhasePoint(of: Self.erf, weightStd: 2, biasStd: 0.3)
        let (q, c) = (try #require(point.variance), try #require(point.correlation))
        #expect(abs(weight * 2 / .pi * asin(2 * q / (1 + 2 * q)) + bias - q) < 1e-12)
        #expect(abs((weight * 2 / .pi * asin(2 * q * c / (1 + 2 * q)) + bias) / q - c) < 1e-12)
        let slope = weight * 4 / .pi / ((1 + 2 * q) * (1 + 2 * q) - 4 * q * q).squareRoot()
        try #expect(abs(#require(point.chiOne) - slope) < 1e-12)
    }

    @Test("without a bias an ordered odd network forgets its input and a chaotic one forgets how inputs were related")
    func odd() throws {
        let ordered = PhasePoint(of: .tanh, weightStd: 0.8, biasStd: 0)
        try #expect(ordered.variance == 0 && abs(#require(ordered.chiOne) - 0.64) < 1e-9)
        let chaotic = PhasePoint(of: .tanh, weightStd: 2, biasStd: 0)
        try #expect(abs(#require(chaotic.correlation)) < 1e-9)
    }
}
