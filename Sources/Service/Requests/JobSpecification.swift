import Arrays
import JSON
import Jobs

/// What a worker reads: the request as understood, where its data are, and what else the server looked up.
struct JobSpecification: Sendable {
    var request: JSONObject
    /// By the pointers of the members that name them.
    var references: [String: DataReference]
    var facts: [String: JSONValue]

    /// - Parameters:
    ///   - request: As understood.
    ///   - reader: That read it, and so knows the data.
    ///   - blobs: Takes large inline data, so that the job's row in the store stays small.
    ///   - moved: The blobs that were made, for the job to hold on to.
    init(_ request: some JobRequest, _ reader: RequestReader, movingTo blobs: BlobStore, recording moved: inout [Blob]) throws {
        self.request = if case .object(let object) = request.json { object } else { JSONObject() }
        references = [:]
        for (pointer, reference) in reader.references {
            var reference = reference
            try reference.moveLargeValues(to: blobs, recording: &moved)
            references[pointer.description] = reference
        }
        facts = Dictionary(uniqueKeysWithValues: reader.facts.map { ($0.description, $1) })
    }

    var text: String {
        let data = references.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value.stored) }
        let facts = facts.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        return JSONValue.object([
            "request": .object(request), "data": .object(JSONObject(data)), "facts": .object(JSONObject(facts)),
        ]).ownString
    }

    /// Reads ``text`` back; nil if it is damaged.
    init?(_ text: String) {
        guard let document = try? JSONParser.parse(text), case .object(let request) = document["request"],
            case .object(let data) = document["data"], case .object(let facts) = document["facts"]
        else { return nil }
        self.request = request
        references = [:]
        for member in data.members {
            guard let reference = DataReference(stored: member.value) else { return nil }
            references[member.name] = reference
        }
        self.facts = Dictionary(uniqueKeysWithValues: facts.members.map { ($0.name, $0.value) })
    }
}

/// A job's specification that this version of the program cannot read.
struct DamagedSpecification: Error, CustomStringConvertible {
    let detail: String
    var description: String { "the job's specification cannot be read: \(detail)" }
}

extension JobRequest {
    /// Reads a stored specification back. The server wrote it, so a fault here is ours and not the client's.
    init(specification text: String, kind: String) throws {
        guard let specification = JobSpecification(text) else { throw DamagedSpecification(detail: "unreadable") }
        let reader = RequestReader(specification, kind: kind)
        guard let request = try Self(reader), reader.faults.isEmpty else {
            throw DamagedSpecification(detail: reader.faults.all.first.map { "\($0.pointer): \($0.detail)" } ?? "unreadable")
        }
        self = request
    }
}

extension DataReference {
    /// Numbers beyond this many are kept as a file beside the job and not in its row.
    private static let rowValues = 1 << 14

    fileprivate mutating func moveLargeValues(to blobs: BlobStore, recording moved: inout [Blob]) throws {
        switch source {
        case .inline(let tensor) where tensor.values.count > Self.rowValues:
            let blob = try blobs.store(tensor.values, shape: tensor.shape)
            source = .blob(blob)
            moved.append(blob)
        case .blob(let blob):
            // An array of another job's result, which must outlive that job.
            moved.append(blob)
        case .inline, .dataset: break
        }
    }
}
