import Foundation
import Glibc
import Testing
@testable import Jobs

@Suite struct StorageTests {
    private let bytes = Array("the quick brown fox".utf8)

    @Test func digestsAreSHA256() throws {
        // FIPS 180-4's examples, as published by NIST.
        #expect(SHA256Hasher.digest(of: "abc".utf8) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(SHA256Hasher.digest(of: [UInt8]()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        let scratch = try ScratchDirectory()
        let file = try scratch.blobs.makeTemporary()
        let data = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try file.write(data)
        let digest = try SHA256Hasher.digest(ofDescriptor: file.descriptor)
        #expect(digest.sha256 == SHA256Hasher.digest(of: data))
        #expect(digest.bytes == data.count)
    }

    @Test func aBlobIsItsBytes() throws {
        let scratch = try ScratchDirectory()
        let file = try scratch.blobs.makeTemporary()
        try file.write(bytes)
        let blob = try scratch.blobs.commit(file)
        #expect(blob == Blob(sha256: SHA256Hasher.digest(of: bytes), bytes: bytes.count))
        #expect(try Data(contentsOf: scratch.blobs.url(of: blob)) == Data(bytes))
        #expect(scratch.temporaries.isEmpty)
    }

    @Test func theSameBytesAreKeptOnceAndMadeYoungAgain() throws {
        let scratch = try ScratchDirectory()
        let first = try bytes.withUnsafeBytes { try scratch.blobs.store($0) }
        let path = scratch.blobs.path(of: first)
        try setAge(path, seconds: 7_200)
        let second = try bytes.withUnsafeBytes { try scratch.blobs.store($0) }
        #expect(first == second)
        #expect(scratch.temporaries.isEmpty)
        #expect(try scratch.blobs.collectOrphans { _ in false } == 0)
        #expect(scratch.blobs.exists(second))
    }

    /// A file of the right name and the wrong length is damage: the commit replaces it.
    @Test func aTruncatedBlobIsReplaced() throws {
        let scratch = try ScratchDirectory()
        let blob = try bytes.withUnsafeBytes { try scratch.blobs.store($0) }
        truncate(scratch.blobs.path(of: blob), 3)
        _ = try bytes.withUnsafeBytes { try scratch.blobs.store($0) }
        #expect(try Data(contentsOf: scratch.blobs.url(of: blob)) == Data(bytes))
    }

    @Test func whatIsNotCommittedIsNeverSeen() throws {
        let scratch = try ScratchDirectory()
        let blob = Blob(sha256: SHA256Hasher.digest(of: bytes), bytes: bytes.count)
        do {
            let file = try scratch.blobs.makeTemporary()
            try file.write(bytes)
            #expect(!scratch.blobs.exists(blob))
            #expect(scratch.temporaries.count == 1)
        }
        #expect(scratch.temporaries.isEmpty, "dropped with its last reference")
    }

    @Test func aServerCleansUpAfterDeadProcessesOnly() throws {
        let scratch = try ScratchDirectory()
        // A process that has ended and been waited for: its number is nobody's.
        let dead = try ChildProcess.spawn("/bin/true", [])
        _ = dead.wait()
        close(dead.input)
        dead.channel.close()
        // This process has the number of the server before it (in a container they are all 1), so the file is not its own.
        for name in ["\(dead.pid)-left", "\(getpid())-before", "1-init", "upload-cut.tmp", "other"] {
            _ = FileManager.default.createFile(atPath: "\(scratch.data.temporaryPath)/\(name)", contents: Data(bytes))
        }
        try scratch.data.lock()
        #expect(scratch.temporaries == ["other"])
    }

    @Test func theFilesOfAWorkerThatRunsStay() throws {
        let scratch = try ScratchDirectory()
        for name in ["7-kept", "8-left"] {
            _ = FileManager.default.createFile(atPath: "\(scratch.data.temporaryPath)/\(name)", contents: Data(bytes))
        }
        try scratch.data.removeAbandonedTemporaries { $0 == 7 }
        #expect(scratch.temporaries == ["7-kept"])
        try scratch.data.removeTemporaries(of: 7)
        #expect(scratch.temporaries.isEmpty)
    }

    @Test func oneServerADirectory() throws {
        let scratch = try ScratchDirectory()
        let second = try DataDirectory(path: scratch.data.path)
        try scratch.data.lock()
        #expect(throws: StoreError.directoryInUse(path: scratch.data.path)) { try second.lock() }
        scratch.data.unlock()
        try second.lock()
    }

    @Test func orphansGoAndTheRestStays() throws {
        let scratch = try ScratchDirectory()
        let blobs = try (0..<3).map { index in
            try [UInt8](repeating: UInt8(index), count: 10).withUnsafeBytes { try scratch.blobs.store($0) }
        }
        for blob in blobs.dropLast() { try setAge(scratch.blobs.path(of: blob), seconds: 7_200) }
        #expect(try scratch.blobs.collectOrphans { $0 == blobs[0].sha256 } == 1)
        #expect(blobs.map(scratch.blobs.exists) == [true, false, true])
    }

    /// A limit on file size is a full disk for one file. It is the whole process's, so it is far above what other tests write.
    @Test func aFileThatDoesNotFitIsAnError() throws {
        signal(SIGXFSZ, SIG_IGN)
        var before = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before)
        var limit = rlimit(rlim_cur: 1 << 30, rlim_max: before.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        defer { setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before) }
        let scratch = try ScratchDirectory()
        let file = try scratch.blobs.makeTemporary()
        #expect(throws: StorageError.full) { try file.reserve(2 << 30) }
        #expect(throws: StorageError.full) { try bytes.withUnsafeBytes { try file.write($0, at: 1 << 30) } }
        try file.reserve(1 << 12)
    }

    /// The real thing, where the test may mount a file system; the test above covers the rest.
    @Test func aFullDiskIsAnErrorAndPasses() throws {
        let mountPoint = NSTemporaryDirectory() + "jobs-full-" + UUIDv7.next()
        mkdir(mountPoint, 0o755)
        defer { rmdir(mountPoint) }
        guard run("/bin/mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", mountPoint]) == 0 else {
            print("no right to mount here: a full disk is shown by a file size limit only")
            return
        }
        defer { _ = run("/bin/umount", ["-l", mountPoint]) }
        let directory = try DataDirectory(path: mountPoint)
        let blobs = BlobStore(directory)
        let store = try SQLiteJobStore(directory, role: .server)
        let kept = try submitted(store.enqueue(NewJob(kind: "k", spec: "{}")))
        #expect(throws: StorageError.full) { try blobs.makeTemporary().reserve(64 << 20) }
        let ballast = try blobs.makeTemporary()
        #expect(throws: StorageError.full) {
            let block = [UInt8](repeating: 1, count: 1 << 16)
            while true { try ballast.write(block) }
        }
        #expect(throws: StorageError.full) {
            let spec = String(repeating: "x", count: 1 << 20)
            _ = try store.enqueue(NewJob(kind: "k", spec: spec))
        }
        #expect(try store.job(kept.id) == kept)
        try ballast.truncate(to: 0)
        _ = try submitted(store.enqueue(NewJob(kind: "k", spec: String(repeating: "x", count: 1 << 20))))
        #expect(try store.statistics().jobs[.queued] == 2)
        try store.close()
    }

    private func run(_ executable: String, _ arguments: [String]) -> Int32 {
        guard let process = try? ChildProcess.spawn(executable, arguments) else { return -1 }
        defer {
            close(process.input)
            process.channel.close()
        }
        guard case .exited(let code) = process.wait() else { return -1 }
        return code
    }

    private func setAge(_ path: String, seconds: Int) throws {
        var times = [timespec(), timespec()]
        for index in times.indices { times[index].tv_sec = time(nil) - seconds }
        guard utimensat(AT_FDCWD, path, times, 0) == 0 else { throw Unexpected("utimensat") }
    }
}
