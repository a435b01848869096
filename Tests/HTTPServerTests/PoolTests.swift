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
}
