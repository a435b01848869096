/// Makes request ids: UUIDs of version 4 from a seeded counter mix, unique but no secret.
struct RequestIDGenerator {
    private var state: UInt64
    private let stream: UInt64

    init() {
        var random = SystemRandomNumberGenerator()
        state = random.next()
        stream = random.next()
    }

    mutating func next() -> String {
        state &+= 0x9E37_79B9_7F4A_7C15
        let high = Self.mix(state) & 0xFFFF_FFFF_FFFF_0FFF | 0x0000_0000_0000_4000
        let low = Self.mix(state ^ stream) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        let digits = ResponseWriter.hexadecimalDigits
        return String(unsafeUninitializedCapacity: 36) { buffer in
            var digit = 0
            for index in 0..<36 {
                if index == 8 || index == 13 || index == 18 || index == 23 {
                    buffer[index] = UInt8(ascii: "-")
                    continue
                }
                let word = digit < 16 ? high : low
                buffer[index] = digits[Int(truncatingIfNeeded: word >> UInt64(60 - 4 * (digit & 15))) & 15]
                digit += 1
            }
            return 36
        }
    }

    /// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection, so that a counter never repeats.
    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
