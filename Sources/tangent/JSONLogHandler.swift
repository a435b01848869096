import JSON
import Jobs
import Logging
import Service

/// Log records as JSON lines on standard error: `time`, `level`, `message`, `label`, then the metadata.
struct JSONLogHandler: LogHandler {
    let label: String
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var record = JSONObject()
        record["time"] = .string(RFC3339.text(.now()))
        record["level"] = .string(event.level.rawValue)
        record["message"] = .string("\(event.message)")
        record["label"] = .string(label)
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { record[key] = .string("\(value)") }
        guard let line = try? JSONValue.object(record).serialized() else { return }
        // One write a line, so that lines of the server and its workers do not mix. A log that cannot be written (a full disk, a
        // reader that has gone) must not stop the service.
        StandardStream.error.write(line + [UInt8(ascii: "\n")])
    }
}
