import ArgumentParser
import Foundation
import Logging
import Service

/// A setting from the command line, else from the environment, else the default.
struct Setting<Value> {
    let flag: String
    let given: Value?
    let parse: (String) -> Value?
    let expectation: String

    func value(default fallback: Value, in environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Value {
        if let given { return given }
        let name = "TANGENT_" + flag.uppercased().replacingOccurrences(of: "-", with: "_")
        guard let text = environment[name], !text.isEmpty else { return fallback }
        guard let value = parse(text) else { throw ValidationError("\(name) is \"\(text)\"; it takes \(expectation).") }
        return value
    }
}

/// A number of bytes: digits, with an optional unit of 1000 (kB, MB, GB) or 1024 (KiB, MiB, GiB).
struct ByteCount: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
        let units: [(String, Int)] = [
            ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("", 1),
        ]
        guard let (unit, factor) = units.first(where: { argument.hasSuffix($0.0) }),
            let count = Int(argument.dropLast(unit.count)), count > 0
        else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        bytes = product
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// The options that `serve` and `work` share.
struct SharedOptions: ParsableArguments {
    @Option(name: .customLong("data-dir"), help: "Where jobs, datasets and results are kept. (default: ./data)")
    var dataDirectory: String?

    @Option(name: .customLong("threads-per-worker"), help: "Threads that one job computes with. (default: the cores)")
    var threadsPerWorker: Int?

    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning, error or critical. (default: info)")
    var logLevel: Logger.Level?

    @Option(name: .customLong("lease-seconds"), help: .hidden)
    var leaseSeconds: Double?

    func apply(to configuration: inout ServiceConfiguration) throws {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        configuration.dataDirectory = try Setting(
            flag: "data-dir", given: dataDirectory, parse: { $0 }, expectation: "a directory"
        ).value(default: "./data")
        configuration.threadsPerWorker = try Setting(
            flag: "threads-per-worker", given: threadsPerWorker, parse: { Int($0) }, expectation: "a number of threads"
        ).value(default: cores)
        configuration.logLevel = try Setting(
            flag: "log-level", given: logLevel, parse: { Logger.Level(rawValue: $0) },
            expectation: "one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))"
        ).value(default: .info)
        configuration.leaseSeconds = try Setting<Double>(
            flag: "lease-seconds", given: leaseSeconds, parse: { Double($0).flatMap { $0 >= 0.5 && $0 <= 3600 ? $0 : nil } },
            expectation: "seconds from 0.5 to 3600"
        ).value(default: 45)
        guard (1...1024).contains(configuration.threadsPerWorker) else {
            throw ValidationError("--threads-per-worker takes 1 to 1024.")
        }
    }
}
