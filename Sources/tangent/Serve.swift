import ArgumentParser
import Foundation
import HTTPServer
import Jobs
import Logging
import Service
import Synchronization

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Answer HTTP requests and compute with worker processes.")

    @Option(help: "The address to listen on. (default: 127.0.0.1)")
    var host: String?

    @Option(help: "The port to listen on; 0 takes a free one. (default: 8080)")
    var port: Int?

    @Option(help: "Worker processes. (default: one a core)")
    var workers: Int?

    @Option(
        name: .customLong("memory-limit"),
        help: "Private memory that one job may be forecast to take: bytes, or with a unit such as 8GiB. (default: 80 % of the memory, shared by the workers)")
    var memoryLimit: ByteCount?

    @Option(
        name: .customLong("max-connections-per-address"),
        help: "Connections that one client address may have at once; 0 for any number, as behind a proxy. (default: 256)")
    var connectionsPerAddress: Int?

    @Option(name: .customLong("max-queued-jobs"), help: "Jobs that may wait at once; one more is answered 503. (default: 10000)")
    var queueLimit: Int?

    @OptionGroup var shared: SharedOptions

    func run() throws {
        var settings = ServiceConfiguration()
        try shared.apply(to: &settings)
        settings.host = try Setting(flag: "host", given: host, parse: { $0 }, expectation: "an address").value(default: "127.0.0.1")
        settings.port = try Setting(flag: "port", given: port, parse: { Int($0) }, expectation: "a port").value(default: 8080)
        settings.workers = try Setting(flag: "workers", given: workers, parse: { Int($0) }, expectation: "a number of processes")
            .value(default: ProcessInfo.processInfo.activeProcessorCount)
        settings.memoryLimit = try Setting(
            flag: "memory-limit", given: memoryLimit?.bytes, parse: { ByteCount(argument: $0)?.bytes },
            expectation: "a number of bytes, such as 8GiB"
        ).value(default: Int(Double(Memory.available) * 0.8) / max(1, settings.workers))
        settings.connectionsPerAddress = try Setting(
            flag: "max-connections-per-address", given: connectionsPerAddress, parse: { Int($0) }, expectation: "a number of connections"
        ).value(default: settings.connectionsPerAddress)
        settings.queueLimit = try Setting(
            flag: "max-queued-jobs", given: queueLimit, parse: { Int($0) }, expectation: "a number of jobs"
        ).value(default: settings.queueLimit)
        guard settings.queueLimit >= 1 else { throw ValidationError("--max-queued-jobs takes 1 or more.") }
        guard settings.connectionsPerAddress >= 0 else { throw ValidationError("--max-connections-per-address takes 0 or more.") }
        guard (0...65_535).contains(settings.port) else { throw ValidationError("--port takes 0 to 65535.") }
        guard (0...1024).contains(settings.workers) else { throw ValidationError("--workers takes 0 to 1024.") }
        let logger = settings.bootstrapLogging(label: "tangent")
        try serve(settings, logger)
    }

    private func serve(_ settings: ServiceConfiguration, _ logger: Logger) throws {
        // Before anything else: a write to a client or worker that has gone must not end the process.
        signal(SIGPIPE, SIG_IGN)
        let server: TangentServer
        do {
            server = try TangentServer(
                settings, executable: Bundle.main.executablePath ?? CommandLine.arguments[0], logger: logger,
                workerArguments: { settings.workerArguments(id: $0) })
        } catch let error as StoreError {
            throw Complaint(description: "\(error)")
        } catch let error as ServerError {
            throw Complaint(description: "cannot listen on \(settings.host):\(settings.port): \(error)")
        }
        let isStopping = Mutex(false)
        let ended = DispatchSemaphore(value: 0)
        try TerminationSignals.handle {
            let isSecond = isStopping.withLock { stopping in
                defer { stopping = true }
                return stopping
            }
            if isSecond { return server.stopAtOnce() }
            Thread.detachNewThread {
                server.stop()
                ended.signal()
            }
        }
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        StandardStream.output.write(line: "listening on http://\(host):\(server.port)")
        ended.wait()
    }
}

/// What keeps the program from doing its work, said in one line.
struct Complaint: Error, CustomStringConvertible {
    let description: String
}

extension ServiceConfiguration {
    /// The command line of a worker of this server.
    func workerArguments(id: String) -> [String] {
        [
            "work", "--supervised", "--worker-id", id, "--data-dir", dataDirectory, "--threads-per-worker", "\(threadsPerWorker)",
            "--log-level", logLevel.rawValue, "--lease-seconds", "\(leaseSeconds)",
        ]
    }

    func bootstrapLogging(label: String) -> Logger {
        let level = logLevel
        LoggingSystem.bootstrap { JSONLogHandler(label: $0, logLevel: level) }
        return Logger(label: label)
    }
}
