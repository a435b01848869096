import Synchronization

/// Version 7 UUIDs (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then a 12-bit counter, then 62 random bits.
///
/// Ids from one process are strictly increasing as text (RFC 9562, section 6.2, method 1: a counter within the
/// millisecond). When the counter runs out or the clock steps back, the last millisecond is carried on by one.
public enum UUIDv7 {
    private struct State { var milliseconds: UInt64 = 0; var counter: UInt64 = 0 }
    private static let state = Mutex(State())

    /// A new id in the usual form of 36 lower-case characters.
    public static func next() -> String {
        let now = UInt64(max(0, Timestamp.now().rawValue / 1_000))
        let (milliseconds, counter) = state.withLock { state -> (UInt64, UInt64) in
            if now > state.milliseconds {
                state.milliseconds = now
                // Half of the counter's range is left free, so that a burst within one millisecond does not run over.
                state.counter = UInt64.random(in: 0..<0x800)
            } else if state.counter < 0xFFF {
                state.counter += 1
            } else {
                state.milliseconds += 1
                state.counter = 0
            }
            return (state.milliseconds, state.counter)
        }
        let high = (milliseconds & 0xFFFF_FFFF_FFFF) << 16 | 0x7000 | counter
        let low = UInt64.random(in: 0...UInt64.max) >> 2 | 0x8000_0000_0000_0000
        return text(high, low)
    }

    private static func text(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for (word, dashes) in [(high, [8, 13]), (low, [18, 23])] {
                for shift in stride(from: 60, through: 0, by: -4) {
                    if position == dashes[0] || position == dashes[1] {
                        buffer[position] = UInt8(ascii: "-")
                        position += 1
                    }
                    buffer[position] = hexDigit(UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 0xF)
                    position += 1
                }
            }
            return position
        }
    }
}

/// The lower-case hexadecimal digit of a number below 16.
func hexDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
}
