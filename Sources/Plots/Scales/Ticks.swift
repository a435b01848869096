import Foundation

/// The marks along an axis.
struct Ticks: Sendable, Equatable {
    struct Tick: Sendable, Equatable {
        var value: Double
        var label: Label
    }

    var major: [Tick] = []
    /// Marks without labels between the others.
    var minor: [Double] = []
    /// What all labels are to be multiplied with, such as 10⁻⁶; nil for 1.
    var factor: Label?

    /// - Parameters:
    ///   - most: How many labels there is room for.
    init(_ scale: AxisScale, most: Int, integer: Bool = false) {
        switch scale.kind {
        case .linear: setLinear(scale.range, most: max(most, 2), integer: integer)
        case .logarithmic: setLogarithmic(scale.range, most: max(most, 2))
        }
    }

    // MARK: Linear

    /// Steps of 1, 2 or 5 times a power of ten. Ticks are whole numbers of steps, so that their labels are exact.
    private mutating func setLinear(_ range: ClosedRange<Double>, most: Int, integer: Bool) {
        let (low, high) = (range.lowerBound, range.upperBound)
        let rough = (high / 2 - low / 2) / Double(most) * 2
        var exponent = Int(log10(max(rough, .leastNonzeroMagnitude)).rounded(.down)) - 1
        var multiple = 1
        if integer, exponent < 0 { (exponent, multiple) = (0, 1) }
        while Self.count(low, high, multiple, exponent) > most {
            switch multiple {
            case 1: multiple = 2
            case 2: multiple = 5
            default: (multiple, exponent) = (1, exponent + 1)
            }
        }
        let first = Self.steps(low, multiple, exponent).rounded(.up)
        let last = Self.steps(high, multiple, exponent).rounded(.down)
        guard first <= last, abs(first) < 1e15, abs(last) < 1e15 else { return }
        let numbers = (Int(first)...Int(last)).map { $0 * multiple }
        let largest = numbers.map(abs).max() ?? 0
        // Digits before the point of the largest label, whose own digits are those of a whole number.
        let magnitude = largest == 0 ? 0 : String(largest).count - 1 + exponent
        let shift = (-3...4).contains(magnitude) ? 0 : magnitude
        if shift != 0, largest != 0 { factor = .power(shift, prefix: "\u{D7}") }
        // All with as many decimals as the longest one needs.
        let decimals = numbers.map { Self.decimals(in: Self.decimal($0, exponent - shift)) }.max() ?? 0
        major = numbers.map {
            Tick(value: Self.value($0, exponent), label: Label(Self.padded(Self.decimal($0, exponent - shift), decimals: decimals)))
        }
    }

    private static func value(_ number: Int, _ exponent: Int) -> Double {
        // Dividing by a power of ten is exact where multiplying with its inverse is not.
        exponent < 0 && exponent > -300 ? Double(number) / pow(10, Double(-exponent)) : Double(number) * pow(10, Double(exponent))
    }

    private static func steps(_ value: Double, _ multiple: Int, _ exponent: Int) -> Double {
        // In two parts, because 10⁻³¹⁰ alone has few digits left.
        let half = exponent / 2
        let steps = value / pow(10, Double(half)) / pow(10, Double(exponent - half)) / Double(multiple)
        // A number of steps that is whole but for rounding is whole.
        return abs(steps - steps.rounded()) < max(1e-9, 4e-15 * abs(steps)) ? steps.rounded() : steps
    }

    private static func count(_ low: Double, _ high: Double, _ multiple: Int, _ exponent: Int) -> Int {
        let count = steps(high, multiple, exponent).rounded(.down) - steps(low, multiple, exponent).rounded(.up) + 1
        return Int(min(max(count, 0), 1e6))
    }

    /// The text of number · 10^exponent with exactly the digits that it has.
    static func decimal(_ number: Int, _ exponent: Int) -> String {
        var digits = String(abs(number))
        if exponent >= 0 {
            if number != 0 { digits += String(repeating: "0", count: exponent) }
        } else {
            if digits.count <= -exponent { digits = String(repeating: "0", count: -exponent - digits.count + 1) + digits }
            digits.insert(".", at: digits.index(digits.endIndex, offsetBy: exponent))
            while digits.hasSuffix("0") { digits.removeLast() }
            if digits.hasSuffix(".") { digits.removeLast() }
        }
        return Label.signed(number < 0 ? "-\(digits)" : digits)
    }

    private static func decimals(in text: String) -> Int {
        text.firstIndex(of: ".").map { text.distance(from: $0, to: text.endIndex) - 1 } ?? 0
    }

    private static func padded(_ text: String, decimals: Int) -> String {
        let missing = decimals - Self.decimals(in: text)
        return missing > 0 ? text + (missing == decimals ? "." : "") + String(repeating: "0", count: missing) : text
    }

    // MARK: Logarithmic

    private mutating func setLogarithmic(_ range: ClosedRange<Double>, most: Int) {
        let (low, high) = (log10(range.lowerBound), log10(range.upperBound))
        let (first, last) = (Int((low - 1e-9).rounded(.up)), Int((high + 1e-9).rounded(.down)))
        let decades = last - first + 1
        if decades < 3 {
            setWithinDecades(range, low: low, high: high, most: most)
            return
        }
        let stride = [1, 2, 3, 5, 10, 20, 50, 100, 200].first { (decades + $0 - 1) / $0 <= most } ?? 500
        let aligned = (first...last).filter { $0 % stride == 0 }
        major = aligned.map { Tick(value: pow(10, Double($0)), label: Self.decadeLabel($0, among: aligned)) }
        if stride == 1, decades <= 6 {
            minor = (first - 1...last).flatMap { decade in (2...9).map { Double($0) * pow(10, Double(decade)) } }
                .filter(range.contains)
        } else if stride > 1, decades <= 60 {
            minor = (first...last).filter { $0 % stride != 0 }.map { pow(10, Double($0)) }
        }
    }

    /// At most two powers of ten: 1, 2 and 5 times powers, or steps as on a linear axis where even those are too few.
    private mutating func setWithinDecades(_ range: ClosedRange<Double>, low: Double, high: Double, most: Int) {
        let decades = Int(low.rounded(.down))...Int(high.rounded(.down))
        func numbers(_ multiples: [Int]) -> [(number: Int, exponent: Int)] {
            decades.flatMap { decade in multiples.map { ($0, decade) } }.filter { range.contains(Self.value($0.0, $0.1)) }
        }
        let chosen = [Array(1...9), [1, 2, 5]].map(numbers).first { $0.count <= most } ?? numbers([1, 3])
        guard chosen.count > 2 else { return setLinear(range, most: min(most, 5), integer: false) }
        let exponents = chosen.map(\.exponent)
        let isPlain = exponents.allSatisfy { (-4...4).contains($0) }
        major = chosen.map { number, exponent in
            let label = isPlain ? Label(Self.decimal(number, exponent)) : Label.power(exponent, prefix: number == 1 ? "" : "\(number)\u{B7}")
            return Tick(value: Self.value(number, exponent), label: label)
        }
        minor = numbers(Array(1...9)).map { Self.value($0.number, $0.exponent) }.filter { value in !major.contains { $0.value == value } }
    }

    /// Plain numbers where all are short, powers elsewhere.
    private static func decadeLabel(_ exponent: Int, among all: [Int]) -> Label {
        all.allSatisfy { (-3...4).contains($0) } ? Label(decimal(1, exponent)) : .power(exponent)
    }
}
