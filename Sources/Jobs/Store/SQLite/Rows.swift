import Foundation
import GRDB
import JSON

extension Database {
    /// Runs a statement that changes rows; statements are prepared once per connection.
    @discardableResult
    func change(_ sql: String, _ arguments: StatementArguments = []) throws -> Int {
        try cachedStatement(sql: sql).execute(arguments: arguments)
        return changesCount
    }

    func first(_ sql: String, _ arguments: StatementArguments = []) throws -> Row? {
        try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
    }

    func all(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments)
    }

    func exists(_ sql: String, _ arguments: StatementArguments = []) throws -> Bool {
        try first("SELECT EXISTS (\(sql))", arguments)?[0] ?? false
    }
}

extension Timestamp: DatabaseValueConvertible {
    public var databaseValue: DatabaseValue { rawValue.databaseValue }
    public static func fromDatabaseValue(_ value: DatabaseValue) -> Timestamp? {
        Int64.fromDatabaseValue(value).map(Timestamp.init(rawValue:))
    }
}

extension JobState: DatabaseValueConvertible {}
extension JobEvent.Kind: DatabaseValueConvertible {}
extension JobAttempt.Outcome: DatabaseValueConvertible {}

// The tables are STRICT, with NOT NULL and CHECK where a value is not optional here, so no decoding below can fail.

extension Job {
    static let columns = """
        id, kind, state, metadata, priority, created_at, run_at, started_at, finished_at, expires_at, expired_at, \
        cancel_requested_at, attempt, max_attempts, progress, error, version
        """

    init(_ row: Row) {
        self.init(
            id: row[0], kind: row[1], state: row[2], metadata: row[3], priority: row[4], createdAt: row[5], runAt: row[6],
            startedAt: row[7], finishedAt: row[8], expiresAt: row[9], expiredAt: row[10], cancelRequestedAt: row[11],
            attempt: row[12], maxAttempts: row[13], progress: JobProgress(json: row[14]), error: row[15], version: row[16])
    }
}

extension JobProgress {
    init?(json: String?) {
        guard let json, case .object(let object) = try? JSONParser.parse(json), let completed = object["completed"]?.wholeNumber,
            let total = object["total"]?.wholeNumber, case .string(let unit) = object["unit"], case .string(let message) = object["message"]
        else { return nil }
        self.init(completed: completed, total: total, unit: unit, message: message)
    }

    /// With the fraction, which those who listen to events want and which is not read back.
    var json: String {
        let value: JSONValue = .object(JSONObject([
            ("completed", .number(JSONNumber(completed))), ("fraction", .number(JSONNumber(fraction))),
            ("message", .string(message)), ("total", .number(JSONNumber(total))), ("unit", .string(unit)),
        ]))
        // Finite numbers: there is no way to fail.
        return (try? value.serialized()).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

extension JSONValue {
    fileprivate var wholeNumber: Int? {
        if case .number(let number) = self { number.integer } else { nil }
    }
}

extension JobEvent {
    static let columns = "seq, job_id, at, type, data"

    init(_ row: Row) {
        self.init(seq: row[0], jobID: row[1], at: row[2], kind: row[3], data: row[4])
    }
}

extension JobAttempt {
    static let columns = "attempt, worker, started_at, ended_at, outcome, error"

    init(_ row: Row) {
        self.init(attempt: row[0], worker: row[1], startedAt: row[2], endedAt: row[3], outcome: row[4], error: row[5])
    }
}

extension Dataset {
    static let columns = """
        id, name, metadata, inputs_sha256, inputs_bytes, inputs_extension, targets_sha256, targets_bytes, targets_extension, \
        sha256, bytes, created_at, kind
        """

    init(_ row: Row) {
        let targets: String? = row[6]
        self.init(
            id: row[0], name: row[1], metadata: row[2],
            inputs: Blob(sha256: row[3], bytes: row[4], fileExtension: row[5]),
            targets: targets.map { Blob(sha256: $0, bytes: row[7], fileExtension: row[8]) },
            sha256: row[9], bytes: row[10], createdAt: row[11], kind: Kind(rawValue: row[12]) ?? .dataset)
    }
}

extension ResultArray {
    static let columns = "name, dtype, shape, sha256, bytes, extension, data"

    init(_ row: Row) {
        let shape: String = row[2]
        self.init(
            name: row[0], dtype: row[1], shape: shape.split(separator: ",").compactMap { Int($0) },
            blob: Blob(sha256: row[3], bytes: row[4], fileExtension: row[5]),
            bytes: (row[6] as Data?).map { [UInt8]($0) })
    }

    var shapeText: String { shape.map(String.init).joined(separator: ",") }
}

/// A report as it stands in the log.
struct LoggedReport: Equatable {
    var kind: JobEvent.Kind
    var data: String

    init(kind: JobEvent.Kind, data: String) {
        self.kind = kind
        self.data = data
    }

    init(_ report: JobReport) {
        switch report {
        case .metric(let json): self.init(kind: .metric, data: json)
        case .progress(let progress): self.init(kind: .progress, data: progress.json)
        }
    }
}
