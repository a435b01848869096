/// Times that the store goes by, and where it takes time and chance from (so that tests can say what they are).
public struct StorePolicy: Sendable {
    /// How long a finished job's result is kept.
    public var retention: Duration
    /// How long after that the job is still answered with 410 instead of 404.
    public var remembrance: Duration
    /// The first pause before another attempt; it doubles with each.
    public var retryBase: Duration
    public var retryCap: Duration
    public var now: @Sendable () -> Timestamp
    /// Uniform in 0..<1.
    public var random: @Sendable () -> Double

    public init(
        retention: Duration = .seconds(30 * 86_400), remembrance: Duration = .seconds(30 * 86_400),
        retryBase: Duration = .seconds(2), retryCap: Duration = .seconds(300),
        now: @escaping @Sendable () -> Timestamp = { .now() },
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.retention = retention
        self.remembrance = remembrance
        self.retryBase = retryBase
        self.retryCap = retryCap
        self.now = now
        self.random = random
    }

    /// The pause after attempt `attempt`: uniform between 0 and min(cap, base 2^(attempt - 1)).
    /// ("Full jitter": https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/)
    func pause(afterAttempt attempt: Int) -> Duration {
        let doublings = min(max(0, attempt - 1), 40)
        let longest = min(Double(retryCap.wholeMicroseconds), Double(retryBase.wholeMicroseconds) * Double(1 << doublings))
        return .microseconds(Int64(longest * random()))
    }
}
