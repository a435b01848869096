import Foundation
import Synchronization
import Testing

@testable import HTTPServer

@Suite struct PoolTests {
    @Test func workRunsInOrderAndTheQueueIsBounded() {
        let pool = BlockingPool(name: "test", threads: 1, capacity: 3)
        let gate = DispatchSemaphore(value: 0)
        let started = DispatchSemaphore(value: 0)
        let done = DispatchSemaphore(value: 0)
        let order = Mutex<[Int]>([])
        #expect(pool.submit {
            started.signal()
            gate.wait()
        })
        started.wait()
        for index in 0..<3 {
            #expect(pool.submit {
                order.withLock { $0.append(index) }
                done.signal()
            })
        }
        #expect(!pool.submit {})
        gate.signal()
        for _ in 0..<3 { done.wait() }
        #expect(order.withLock { $0 } == [0, 1, 2])
        pool.shutdown()
        #expect(!pool.submit {})
    }

    @Test func fileSourceReadsItsStretch() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let bytes = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let pool = BlockingPool(name: "file", threads: 1, capacity: 8)
        #expect(try Self.readAll(FileSource(path: path, offset: 1000, length: 600_000) { pool.submit($0) }) == Array(bytes[1000..<601_000]))
        #expect(try Self.readAll(FileSource(path: path, offset: 5, length: 0) { pool.submit($0) }).isEmpty)
        #expect(throws: FileSource.Failure.self) { try Self.readAll(FileSource(path: path, offset: 0, length: 700_001) { pool.submit($0) }) }
        #expect(throws: FileSource.Failure.self) { try Self.readAll(FileSource(path: path + "x", offset: 0, length: 1) { pool.submit($0) }) }
        #expect(throws: FileSource.Failure.self) { try Self.readAll(FileSource(path: path, offset: 0, length: 1) { _ in false }) }
    }

    private static func readAll(_ source: FileSource) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let slot = Mutex<Result<[UInt8]?, any Error>>(.success(nil))
            let box = Box(slot)
            let done = DispatchSemaphore(value: 0)
            source.read { result in
                box.value.withLock { $0 = result }
                done.signal()
            }
            done.wait()
            guard let piece = try box.value.withLock({ $0 }).get() else { return bytes }
            bytes += piece
        }
    }

    private final class Box: Sendable {
        let value: Mutex<Result<[UInt8]?, any Error>>
        init(_ value: consuming Mutex<Result<[UInt8]?, any Error>>) { self.value = value }
    }
}
