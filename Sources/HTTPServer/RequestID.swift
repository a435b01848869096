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
        return String(unsafeUninitializedCapacity: 36) { buffer in
            var place = 0
            for index in 0..<16 {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    buffer[place] = UInt8(ascii: "-")
                    place += 1
                }
                let byte = UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> UInt64(56 - 8 * (index & 7)))
                buffer[place] = ResponseWriter.hexadecimalDigit(byte >> 4)
                buffer[place + 1] = ResponseWriter.hexadecimalDigit(byte & 15)
                place += 2
            }
            return place
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
