/// Uploaded data: rows of inputs and, optionally, targets. Shapes and classes live in `metadata`, which is not read here.
public struct Dataset: Sendable, Equatable {
    public var id: String
    public var name: String
    /// JSON text.
    public var metadata: String
    public var inputs: Blob
    public var targets: Blob?
    /// SHA-256 of the dataset as a whole, as the caller defines it.
    public var sha256: String
    public var bytes: Int
    public var createdAt: Timestamp

    public init(
        id: String = UUIDv7.next(), name: String, metadata: String, inputs: Blob, targets: Blob?, sha256: String,
        bytes: Int, createdAt: Timestamp = .now()
    ) {
        self.id = id
        self.name = name
        self.metadata = metadata
        self.inputs = inputs
        self.targets = targets
        self.sha256 = sha256
        self.bytes = bytes
        self.createdAt = createdAt
    }
}

public enum DatasetDeletion: Sendable, Equatable {
    case deleted
    case noSuchDataset
    /// Refused: the named queued or running job needs it.
    case inUse(job: String)
}
