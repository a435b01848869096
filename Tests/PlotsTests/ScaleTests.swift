import Foundation
import Testing
@testable import Plots

@Suite("scales and ticks")
struct ScaleTests {
    private func texts(_ ticks: Ticks) -> [String] { ticks.major.map { $0.label.base + ($0.label.raised.isEmpty ? "" : "^\($0.label.raised)") } }

    @Test("labels of known ranges")
    func knownRanges() {
        func linear(_ low: Double, _ high: Double) -> [String] { texts(Ticks(AxisScale(Axis("x"), exactly: low...high), most: 6)) }
        #expect(linear(0, 1000) == ["0", "200", "400", "600", "800", "1000"])
        #expect(linear(-0.3, 0.3) == ["\u{2212}0.2", "0.0", "0.2"])
        #expect(linear(0, 1) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
        #expect(linear(1e6, 1e6 + 0.1).last == "1.00000010")
        func logarithmic(_ low: Double, _ high: Double, most: Int = 9) -> [String] {
            texts(Ticks(AxisScale(Axis("x", scale: .logarithmic), values: [low, high], padding: 0), most: most))
        }
        #expect(logarithmic(1e-10, 1e-2, most: 5) == ["10^\u{2212}10", "10^\u{2212}8", "10^\u{2212}6", "10^\u{2212}4", "10^\u{2212}2"])
        #expect(logarithmic(0.01, 1000) == ["0.01", "0.1", "1", "10", "100", "1000"])
        #expect(logarithmic(32, 1024, most: 8) == ["50", "100", "200", "500", "1000"])
    }

    /// Random ranges from 1e-300 to 1e300, also narrow ones: ticks lie within them in ascending order, evenly spaced, labelled
    /// with different texts, and there are enough but not too many.
    @Test("ticks of random ranges")
    func randomRanges() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix(state: seed)
        for _ in 0..<2000 {
            let size = pow(10, Double.random(in: -300...300, using: &random))
            let center = Double.random(in: -1...1, using: &random) * size
            let width = size * pow(10, Double.random(in: -7...0.3, using: &random))
            let scale = AxisScale(Axis("x"), values: [center - width / 2, center + width / 2], padding: 0.05)
            let ticks = Ticks(scale, most: 8)
            let values = ticks.major.map(\.value)
            let range = scale.range
            let slack = (range.upperBound - range.lowerBound) * 1e-6
            #expect((2...9).contains(values.count), "\(range), seed \(seed)")
            #expect(values.allSatisfy { $0 >= range.lowerBound - slack && $0 <= range.upperBound + slack }, "\(range), seed \(seed)")
            #expect(Set(ticks.major.map(\.label.base)).count == values.count, "\(ticks.major), seed \(seed)")
            let steps = zip(values.dropFirst(), values).map { $0 - $1 }
            if let first = steps.first { #expect(steps.allSatisfy { $0 > 0 && abs($0 - first) < 1e-6 * first }, "\(values), seed \(seed)") }
            // A label times the factor is the tick.
            let factor = ticks.factor.map { pow(10, Double($0.raised.replacingOccurrences(of: "\u{2212}", with: "-")) ?? 0) } ?? 1
            for tick in ticks.major {
                let value = (Double(tick.label.base.replacingOccurrences(of: "\u{2212}", with: "-")) ?? .nan) * factor
                #expect(abs(value - tick.value) <= 1e-9 * size, "\(tick) times \(factor), seed \(seed)")
            }
        }
    }

    @Test("whole numbers have no ticks in between")
    func integerTicks() {
        let scale = AxisScale(Axis("row"), exactly: -0.5...2.5)
        #expect(texts(Ticks(scale, most: 10, integer: true)) == ["0", "1", "2"])
    }

    @Test("an axis is logarithmic where positive numbers spread, and never with a negative one")
    func scaleChoice() {
        #expect(Axis.scale(for: [0, 1, 100]) == .logarithmic)
        #expect(Axis.scale(for: [1, 20]) == .linear)
        #expect(Axis.scale(for: [-1, 1, 100]) == .linear)
        #expect(Axis.scale(for: []) == .linear)
        #expect(Axis.scale(for: [0, 0]) == .linear)
    }

    @Test("numbers in text")
    func numberTexts() {
        #expect(NumberLabel.fixed(-0.996, decimals: 2) == "\u{2212}1.00")
        #expect(NumberLabel.fixed(-0.001, decimals: 2) == "0.00")
        #expect(NumberLabel.text(0.000123456) == "0.000123")
    }
}

/// A generator that a seed repeats.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
