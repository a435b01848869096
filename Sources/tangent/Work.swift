import ArgumentParser
import Foundation
import Jobs
import Service

struct Work: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compute jobs of a data directory, one at a time, until told to stop.",
        discussion: "`serve` starts workers of its own; further ones may be started by hand on the same directory.")

    @OptionGroup var shared: SharedOptions

    @Flag(help: .hidden)
    var supervised = false

    @Option(name: .customLong("worker-id"), help: .hidden)
    var workerID: String?

    func run() throws {
        var settings = ServiceConfiguration()
        try shared.apply(to: &settings)
        let logger = settings.bootstrapLogging(label: "tangent.worker")
        try WorkerProcess.run(
            WorkerLoop.Configuration(
                id: workerID ?? UUIDv7.next(), isSupervised: supervised, threads: settings.threadsPerWorker,
                lease: .seconds(settings.leaseSeconds)),
            directory: DataDirectory(path: settings.dataDirectory), computation: ServiceComputation(), logger: logger)
    }
}
