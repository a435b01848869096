import Foundation
import Glibc
import Logging
import Synchronization
@testable import Jobs

/// A data directory of its own, removed with the value.
final class ScratchDirectory: Sendable {
    let data: DataDirectory

    init() throws {
        data = try DataDirectory(path: NSTemporaryDirectory() + "jobs-tests-" + UUIDv7.next())
    }

    deinit { try? FileManager.default.removeItem(atPath: data.path) }

    var blobs: BlobStore { BlobStore(data) }
    var temporaries: [String] { (try? DataDirectory.names(in: data.temporaryPath)) ?? [] }
}

/// A clock that moves only when told to.
final class ManualClock: Sendable {
    private let moment = Mutex(Timestamp(rawValue: 1_700_000_000_000_000))

    var now: Timestamp { moment.withLock { $0 } }
    func advance(_ span: Duration) { moment.withLock { $0 = $0 + span } }
}

/// A store on a scratch directory with a manual clock and no chance in its pauses.
struct StoreFixture {
    let scratch: ScratchDirectory
    let store: SQLiteJobStore
    let clock: ManualClock

    init(_ role: SQLiteJobStore.Role = .worker, random: Double = 0.5) throws {
        let clock = ManualClock()
        scratch = try ScratchDirectory()
        store = try SQLiteJobStore(
            scratch.data, role: role, policy: StorePolicy(now: { clock.now }, random: { random }))
        self.clock = clock
    }

    @discardableResult
    func enqueue(_ kind: String = "test", maxAttempts: Int = 3) throws -> Job {
        try submitted(store.enqueue(NewJob(kind: kind, spec: "{}", maxAttempts: maxAttempts)))
    }

    func claim(_ worker: String = "w1", lease: Duration = .seconds(45)) throws -> ClaimedJob {
        guard let job = try store.claim(worker: worker, lease: lease) else { throw Unexpected("nothing to claim") }
        return job
    }

    func job(_ id: String) throws -> Job {
        guard let job = try store.job(id) else { throw Unexpected("no job \(id)") }
        return job
    }
}

struct Unexpected: Error { let what: String; init(_ what: String) { self.what = what } }

/// The created thing of a submission that must have been new.
func submitted<Created>(_ submission: Submission<Created>) throws -> Created {
    guard case .created(let created) = submission else { throw Unexpected("\(submission)") }
    return created
}

/// SplitMix64 (Steele, Lea and Flood 2014), so that a printed seed repeats a run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

let quiet: Logger = {
    var logger = Logger(label: "jobs-tests")
    logger.logLevel = .critical
    return logger
}()

/// Waits for something another thread or process brings about; false after half a minute, which only a hang takes.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(30)
    while try !condition() {
        if ContinuousClock.now > deadline { return false }
        usleep(1_000)
    }
    return true
}
