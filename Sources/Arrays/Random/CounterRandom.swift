/// Random numbers by counting: the n-th number is a function of seed, stream and n alone.
///
/// Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC '11), section 3.3: a counter of
/// four 32-bit words is enciphered by ten rounds of two 32x32-bit products, keyed by the seed. Threads and machines draw any part
/// of a sequence in any order and get the same numbers. Not for secrets.
public struct CounterRandom: Sendable, Hashable {
    public let seed: UInt64
    /// Streams of one seed are independent sequences: give each purpose its own.
    public let stream: UInt64

    public init(seed: UInt64, stream: UInt64 = 0) {
        self.seed = seed
        self.stream = stream
    }

    /// The 128 random bits at `index`: the counter is (index, stream) and the key the seed, low words first.
    @inlinable
    public func block(at index: UInt64) -> SIMD4<UInt32> {
        Self.philox(
            counter: SIMD4(
                UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32),
                UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)),
            key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    }

    /// The 64 random bits at `index`: half of a block.
    @inlinable
    public func bits(at index: UInt64) -> UInt64 {
        let block = block(at: index >> 1)
        return index & 1 == 0 ? UInt64(block[1]) << 32 | UInt64(block[0]) : UInt64(block[3]) << 32 | UInt64(block[2])
    }

    /// A number of the uniform distribution on the open interval (0, 1): the middle of one of 2^52 equal cells, so never 0 or 1.
    @inlinable
    public func uniform(at index: UInt64) -> Double {
        (Double(bits(at: index) >> 12) + 0.5) * 0x1p-52
    }

    /// A number of the standard normal distribution: its quantile at ``uniform(at:)``, so at most 8.3 in magnitude.
    public func normal(at index: UInt64) -> Double {
        NormalQuantile.value(at: uniform(at: index))
    }

    /// The cipher: ten rounds on the counter, the key raised by the Weyl constants before each but the first.
    @inlinable
    static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var (x, k) = (counter, key)
        for round in 0..<10 {
            if round > 0 { k &+= SIMD2(0x9E37_79B9, 0xBB67_AE85) }
            let a = UInt64(x[0]) &* 0xD251_1F53
            let b = UInt64(x[2]) &* 0xCD9E_8D57
            x = SIMD4(
                UInt32(truncatingIfNeeded: b >> 32) ^ x[1] ^ k[0], UInt32(truncatingIfNeeded: b),
                UInt32(truncatingIfNeeded: a >> 32) ^ x[3] ^ k[1], UInt32(truncatingIfNeeded: a))
        }
        return x
    }
}
