import Foundation
import JSON

// Numeric JSON in and out, in megabytes of text a second on one core: a matrix of doubles with 17 digits, one of short
// decimals, and one of small integers. Foundation's coders do the same work on the first one for comparison.
//
//     swift run -c release json-benchmark [--alone]

struct Generator: RandomNumberGenerator {
    var state: UInt64 = 20_061

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The best of five runs: the one least disturbed by what else the machine does.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    try (0..<5).map { _ in
        let clock = ContinuousClock()
        let elapsed = try clock.measure(body).components
        return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    }.min() ?? .infinity
}

func report(_ what: String, _ bytes: Int, _ seconds: Double) {
    let name = what.padding(toLength: 44, withPad: " ", startingAt: 0)
    print("\(name)\(String(format: "%7.0f MB/s", Double(bytes) / seconds / 1e6))")
}

let rows = 2000
let columns = 784
var generator = Generator()
let matrices: [(name: String, values: [Double])] = [
    ("17 digits", (0..<rows * columns).map { _ in Double.random(in: -1...1, using: &generator) }),
    ("6 decimals", (0..<rows * columns).map { _ in (Double.random(in: -1...1, using: &generator) * 1e6).rounded() / 1e6 }),
    ("integers to 255", (0..<rows * columns).map { _ in Double(Int.random(in: 0...255, using: &generator)) }),
]

for (name, values) in matrices {
    var text: [UInt8] = []
    let writing = try seconds {
        var writer = JSONWriter()
        try writer.matrix(values, shape: [rows, columns])
        text = writer.bytes
    }
    report("write, \(name) (\(text.count / 1_000_000) MB)", text.count, writing)
    var read: JSONValue?
    report("parse, \(name)", text.count, try seconds { read = try JSONParser.parse(text) })
    precondition(read == .tensor(JSONTensor(shape: [rows, columns], values: values)), "what was written reads back the same")
}

let singles = matrices[0].values.map(Float.init)
var singleText: [UInt8] = []
let writingSingles = try seconds {
    var writer = JSONWriter()
    try writer.matrix(singles, shape: [rows, columns])
    singleText = writer.bytes
}
report("write, singles (\(singleText.count / 1_000_000) MB)", singleText.count, writingSingles)

if !CommandLine.arguments.contains("--alone") {
    let nested = (0..<rows).map { Array(matrices[0].values[$0 * columns..<($0 + 1) * columns]) }
    var data = Data()
    let encoding = try seconds { data = try JSONEncoder().encode(nested) }
    report("write, 17 digits, Foundation", data.count, encoding)
    report("parse, 17 digits, Foundation", data.count, try seconds { _ = try JSONDecoder().decode([[Double]].self, from: data) })
}
