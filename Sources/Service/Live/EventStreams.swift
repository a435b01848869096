import Jobs
import Synchronization

/// The server-sent event streams that are open, by job.
final class EventStreams: Sendable {
    private let streams = Mutex<[String: [ObjectIdentifier: EventStream]]>([:])

    func add(_ stream: EventStream) {
        streams.withLock { $0[stream.jobID, default: [:]][ObjectIdentifier(stream)] = stream }
    }

    func remove(_ stream: EventStream) {
        streams.withLock { streams in
            streams[stream.jobID]?[ObjectIdentifier(stream)] = nil
            if streams[stream.jobID]?.isEmpty == true { streams[stream.jobID] = nil }
        }
    }

    func apply(_ events: [JobEvent]) {
        for event in events {
            let listeners = streams.withLock { $0[event.jobID].map { Array($0.values) } ?? [] }
            for stream in listeners { stream.append(event) }
        }
    }

    /// Sends a comment down streams that have been silent, so that proxies and clients see that they live.
    func tick(now: ContinuousClock.Instant = .now) {
        for stream in all() { stream.heartbeat(now: now) }
    }

    /// Ends every stream with a `retry` hint: the server is about to stop, and clients come back with `Last-Event-ID`.
    func endAll() {
        for stream in all() { stream.end(retryMilliseconds: 3000) }
    }

    private func all() -> [EventStream] { streams.withLock { $0.values.flatMap(\.values) } }
}
