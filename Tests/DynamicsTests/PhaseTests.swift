import Architectures
import Dynamics
import Foundation
import InfiniteNetworks
import Testing

@Suite("Phases of deep networks")
struct PhaseTests {
    static let relu = Nonlinearity.abRelu(a: 0, b: 1)
    static let erf = Nonlinearity.erf(a: 1, b: 1, c: 0)

    @Test("without a bias the critical weights are those known: erf √(π/4), tanh 1, relu √2")
    func criticalWithoutBias() throws {
        for (nonlinearity, variance) in [(Self.erf, Double.pi / 4), (.tanh, 1), (Self.relu, 2)] {
            let point = try CriticalPoint.find(of: nonlinearity, biasStd: 0).get()
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
        #expect(none.phase == .unbounded && none.variance == nil && none.chi == nil)
        #expect(PhasePoint(of: Self.relu, weightStd: 2.0.squareRoot(), biasStd: 0).phase == .critical)
        #expect(try CriticalPoint.find(of: Self.relu, biasStd: 0.3) == .failure(.none))
    }

    @Test("the critical line runs between order and chaos, and on it χ₁ is 1", arguments: [PhaseTests.erf, .tanh])
    func line(_ nonlinearity: Nonlinearity) throws {
        for bias in [0.05, 0.3, 1] {
            let critical = try CriticalPoint.find(of: nonlinearity, biasStd: bias).get()
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

    @Test("tanh agrees with an independent integration in 25 digits", arguments: [
        (0.05, 0.57004788164076415, 1.7609546396067391), (0.09, 0.76347476691046393, 1.9476546317091587), (1, 3.036396394623703, 3.4432109122654405),
    ])
    func tanhLine(biasVariance: Double, variance: Double, weightVariance: Double) throws {
        // (σ_w², σ_b²) = (1.76, 0.05) is the critical point that arXiv 1611.01232 names.
        let point = try CriticalPoint.find(of: .tanh, biasStd: biasVariance.squareRoot()).get()
        #expect(abs(point.variance - variance) < 1e-9 && abs(point.weightStd * point.weightStd - weightVariance) < 1e-9)
    }

    @Test("so do its fixed points and depths in the chaotic phase")
    func tanhChaos() throws {
        let point = PhasePoint(of: .tanh, weightStd: 2, biasStd: 0.3)
        #expect(point.phase == .chaotic)
        try #expect(abs(#require(point.variance) - 2.2537533762278919) < 1e-10 && abs(#require(point.correlation) - 0.263894780315815) < 1e-9)
        try #expect(abs(#require(point.chiOne) - 1.3270703910154267) < 1e-10 && abs(#require(point.chi) - 0.860350671850203) < 1e-9)
        try #expect(abs(#require(point.varianceDepth) - 0.85082684268705) < 1e-7 && abs(#require(point.correlationDepth) - 6.6482636134804) < 1e-7)
    }

    @Test("a jump makes χ₁ infinite, so that nearly equal inputs always part", arguments: [Nonlinearity.sign, .rectifiedMonomial(degree: 0)])
    func jumps(_ nonlinearity: Nonlinearity) throws {
        #expect(try CriticalPoint.find(of: nonlinearity, biasStd: 0.3) == .failure(.discontinuous))
        let (weight, bias) = (1.2, 0.5)
        let point = PhasePoint(of: nonlinearity, weightStd: weight, biasStd: bias)
        let (q, c, chi) = try (#require(point.variance), #require(point.correlation), #require(point.chi))
        #expect(point.phase == .chaotic && point.chiOne == nil && c < 1 && chi < 1 && point.varianceDepth == 0)
        // κ is (2/π) asin c of sign, and 1/4 + asin(c)/2π of the step.
        func kappa(_ c: Double) -> Double { nonlinearity == .sign ? 2 / .pi * asin(c) : 0.25 + asin(c) / (2 * .pi) }
        func image(_ c: Double) -> Double { (weight * weight * kappa(c) + bias * bias) / q }
        #expect(abs(image(1) - 1) < 1e-15 && abs(image(c) - c) < 1e-14)
        #expect(abs((image(c + 1e-5) - image(c - 1e-5)) / 2e-5 - chi) < 1e-8)
        #expect(PhasePoint(of: nonlinearity, weightStd: 0, biasStd: 0.5).phase == .ordered)
    }

    @Test("a point with χ₁ = 1 from which inputs of unit variance go elsewhere is no critical point")
    func unreachable() throws {
        #expect(try CriticalPoint.find(of: .gelu, biasStd: 0.3) == .failure(.unreachable))
        #expect(try CriticalPoint.find(of: .exp(a: 1, b: 1), biasStd: 0) == .failure(.unreachable))
    }

    @Test("iterated maps come to the fixed points, at the rates that are told", arguments: [
        Nonlinearity.tanh, .silu, .softplus, .hardTanh, .gelu, .selu, .cos(a: 1, b: 1, c: 0), .gaussian(a: 1, b: -1), .rectifiedMonomial(degree: 2),
    ])
    func iteration(_ nonlinearity: Nonlinearity) throws {
        for (weight, bias) in [(0.7, 0.2), (1.1, 0.4)] {
            let point = PhasePoint(of: nonlinearity, weightStd: weight, biasStd: bias)
            guard let fixed = point.variance, let depth = point.correlationDepth, let chi = point.chi else { continue }
            // Two inputs of unit variance and correlation 0.3, layer after layer.
            var (q, c) = (weight * weight + bias * bias, weight * weight * 0.3 + bias * bias)
            let dual = nonlinearity.dual
            var distances: [Double] = []
            for _ in 0..<400 {
                let next = weight * weight * dual.moments(q, q, c).kappa + bias * bias
                q = weight * weight * dual.secondMoment(at: q) + bias * bias
                c = next
                distances.append(abs(c / q - (point.correlation ?? 1)))
            }
            #expect(abs(q - fixed) < 1e-8 * max(1, fixed), "\(nonlinearity) \(weight) \(bias): \(q) \(point)")
            #expect(distances[399] < 1e-6, "\(nonlinearity) \(weight) \(bias): \(distances[399]) \(point)")
            // The rate, where the distance is small and rounding is smaller.
            if let k = distances.firstIndex(where: { $0 < 1e-4 }), distances[k + 1] > 1e-8 {
                #expect(abs(distances[k + 1] / distances[k] - chi) < 0.02, "\(nonlinearity) \(weight) \(bias), depth \(depth)")
            }
        }
    }

    @Test("a diagram is its points, whatever the threads, and stops when it is told to")
    func diagram() throws {
        let (weights, biases) = ([0.8, 1.5, 2.0], [0.0, 0.3])
        let diagram = try PhaseDiagram(of: Self.relu, weightStds: weights, biasStds: biases, threads: 3)
        #expect(diagram.points == weights.flatMap { w in biases.map { PhasePoint(of: Self.relu, weightStd: w, biasStd: $0) } })
        #expect(try diagram.critical == biases.map { try CriticalPoint.find(of: Self.relu, biasStd: $0) })
        #expect(diagram.points.map(\.phase) == [.ordered, .ordered, .unbounded, .unbounded, .unbounded, .unbounded])
        #expect(throws: DynamicsError.cancelled) {
            try PhaseDiagram(of: .tanh, weightStds: weights, biasStds: biases, threads: 2, isCancelled: { true })
        }
    }
}
