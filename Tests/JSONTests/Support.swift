@testable import JSON

/// SplitMix64 (Steele, Lea and Flood, 2014): a property test prints its seed and can be run again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

func text(_ value: JSONValue) throws -> String { String(decoding: try value.serialized(), as: UTF8.self) }

func failure(_ text: String) -> JSONError? { failure(Array(text.utf8)) }

func failure(_ bytes: [UInt8], limits: JSONParser.Limits = .init()) -> JSONError? {
    do throws(JSONError) {
        _ = try JSONParser.parse(bytes, limits: limits)
        return nil
    } catch {
        return error
    }
}
