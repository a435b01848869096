import Foundation
import HTTPServer
import Synchronization
import Testing

@testable import Jobs
@testable import Service

/// A job's log in memory, and the streams' thread.
private final class Log: Sendable {
    let events = Mutex<[JobEvent]>([])
    let pool = BlockingPool(name: "log", threads: 1, capacity: 16)

    @discardableResult func add(_ kind: JobEvent.Kind = .metric, _ data: String = "{}") -> JobEvent {
        events.withLock { events in
            let event = JobEvent(seq: Int64(events.count + 1), jobID: "j", at: Timestamp(rawValue: 0), kind: kind, data: data)
            events.append(event)
            return event
        }
    }

    func page(after sequence: Int64) -> [JobEvent] {
        events.withLock { Array($0.dropFirst(Int(sequence)).prefix(EventStream.pageLength)) }
    }

    /// A stream that has been begun with its first page.
    func stream(after sequence: Int64 = 0, ended: @escaping @Sendable () -> Void = {}) -> EventStream {
        let stream = EventStream(jobID: "j", after: sequence, pool: pool, log: { self.page(after: $0) }) { _ in ended() }
        stream.begin(with: page(after: sequence))
        return stream
    }
}

extension EventStream {
    /// The next piece, nil at the end.
    fileprivate func next() throws -> [UInt8]? {
        let slot = Slot()
        read { slot.put($0) }
        return try slot.wait().get()
    }

    /// The ids of what comes until the end.
    fileprivate func ids() throws -> [Int] {
        var text: [UInt8] = []
        while let piece = try next() { text += piece }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("id: ") }.compactMap { Int($0.dropFirst(4)) }
    }
}

private final class Slot: Sendable {
    private let result = Mutex<Result<[UInt8]?, any Error>?>(nil)
    private let done = DispatchSemaphore(value: 0)

    func put(_ result: Result<[UInt8]?, any Error>) {
        self.result.withLock { $0 = result }
        done.signal()
    }

    func wait() -> Result<[UInt8]?, any Error> {
        done.wait()
        return result.withLock { $0 } ?? .success(nil)
    }
}

@Suite struct EventStreamTests {
    @Test(arguments: [0, 1, 499, 500, 501, 1000, 1733]) func thePastComesInOrderAndOnce(count: Int) throws {
        let log = Log()
        for _ in 0..<count { log.add() }
        log.add(.state, #"{"state":"succeeded"}"#)
        #expect(try log.stream().ids() == Array(1...count + 1))
        #expect(try log.stream(after: Int64(count)).ids() == [count + 1])
    }

    /// A client that does not read costs a buffer, however much happens; then it gets everything from the log.
    @Test func whoFallsBehindCatchesUp() throws {
        let log = Log()
        let stream = log.stream()
        let data = "{\"text\":\"\(String(repeating: "x", count: 1000))\"}"
        for _ in 0..<5000 { stream.append(log.add(.metric, data)) }
        let first = try #require(try stream.next())
        #expect(first.count < EventStream.bufferLimit + 2000)
        log.add(.state, #"{"state":"failed"}"#)
        let missing = try stream.ids()
        let seen = String(decoding: first, as: UTF8.self).components(separatedBy: "id: ").count - 1
        #expect(missing == Array(seen + 1...5001))
    }

    @Test func liveEventsFollowThePast() throws {
        let log = Log()
        log.add()
        let stream = log.stream()
        #expect(try stream.next().map { String(decoding: $0, as: UTF8.self).contains("id: 1\n") } == true)
        let slot = Slot()
        stream.read { slot.put($0) }
        stream.append(log.add())
        #expect(try slot.wait().get().map { String(decoding: $0, as: UTF8.self) } == "id: 2\nevent: metric\ndata: {}\n\n")
        stream.append(log.add(.state, #"{"state":"cancelled"}"#))
        #expect(try stream.ids() == [3])
    }

    @Test func heartbeatsReachOnlyThoseWhoWait() throws {
        let log = Log()
        let stream = log.stream()
        _ = try stream.next()
        let later = ContinuousClock.now + .seconds(60)
        for _ in 0..<100 { stream.heartbeat(now: later) }
        let slot = Slot()
        stream.read { slot.put($0) }
        stream.heartbeat(now: later)
        #expect(try slot.wait().get() == Array(": still here\n\n".utf8))
    }

    @Test func aStreamWithoutAFutureEnds() throws {
        let log = Log()
        for _ in 0..<EventStream.pageLength { log.add() }
        let ended = Mutex(false)
        let stream = EventStream(jobID: "j", after: 0, pool: log.pool, log: { _ in nil }) { _ in ended.withLock { $0 = true } }
        stream.begin(with: log.page(after: 0))
        #expect(try stream.ids().count == EventStream.pageLength)
        #expect(ended.withLock { $0 })
    }

    @Test func aLogThatCannotBeReadCutsTheStreamOff() throws {
        let log = Log()
        for _ in 0..<EventStream.pageLength { log.add() }
        let stream = EventStream(jobID: "j", after: 0, pool: log.pool, log: { _ in throw StoreError.closed }) { _ in }
        stream.begin(with: log.page(after: 0))
        _ = try stream.next()
        #expect(throws: StoreError.self) { try stream.next() }
    }
}
