import Foundation
import Synchronization
import Testing
@testable import Jobs

@Suite struct IdentifierTests {
    @Test func idsAreVersionSevenAndIncrease() throws {
        let ids = (0..<20_000).map { _ in UUIDv7.next() }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == ids.count)
        for id in ids.prefix(100) {
            #expect(UUID(uuidString: id) != nil)
            #expect(id == id.lowercased())
            let characters = Array(id)
            #expect(characters[14] == "7")
            #expect("89ab".contains(characters[19]))
        }
    }

    @Test func idsCarryTheirTime() throws {
        let before = UInt64(Timestamp.now().rawValue / 1_000)
        let milliseconds = try #require(UInt64(UUIDv7.next().replacing("-", with: "").prefix(12), radix: 16))
        // Not exactly: a burst of ids may have run ahead of the clock.
        #expect(milliseconds >= before)
        #expect(milliseconds >> 32 == before >> 32)
    }

    @Test func threadsNeverShareAnID() {
        let all = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            let mine = (0..<2_000).map { _ in UUIDv7.next() }
            all.withLock { $0 += mine }
        }
        #expect(Set(all.withLock { $0 }).count == 16_000)
    }
}
