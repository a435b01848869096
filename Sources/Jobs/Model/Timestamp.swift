#if canImport(Glibc)
import Glibc
#endif

/// A moment as the store keeps it: microseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: RawRepresentable, Hashable, Comparable, Sendable {
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }

    public var microseconds: Int64 { rawValue }
    public var seconds: Double { Double(rawValue) / 1_000_000 }

    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(rawValue: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.rawValue < right.rawValue }

    public static func + (moment: Timestamp, span: Duration) -> Timestamp {
        Timestamp(rawValue: moment.rawValue + span.wholeMicroseconds)
    }

    public static func - (moment: Timestamp, span: Duration) -> Timestamp {
        Timestamp(rawValue: moment.rawValue - span.wholeMicroseconds)
    }

    /// The time from `earlier` to `later`; negative when they stand the other way round.
    public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .microseconds(later.rawValue - earlier.rawValue)
    }
}

extension Duration {
    var wholeMicroseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }

    var wholeMilliseconds: Int { Int(wholeMicroseconds / 1_000) }
}
