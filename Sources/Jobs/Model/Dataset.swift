/// Uploaded data: rows of inputs and, optionally, targets. Shapes and classes live in `metadata`, which is not read here.
public struct Dataset: Sendable, Equatable {
    /// What the rows are. Both kinds are kept, listed, needed by jobs and deleted alike.
    public enum Kind: String, Sendable {
        case dataset
        /// The parameters of a network, as one row of inputs.
        case network
    }

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
    public var kind: Kind

    public init(
        id: String = UUIDv7.next(), name: String, metadata: String, inputs: Blob, targets: Blob?, sha256: String,
        bytes: Int, createdAt: Timestamp = .now(), kind: Kind = .dataset
    ) {
        self.id = id
        self.name = name
        self.metadata = metadata
        self.inputs = inputs
        self.targets = targets
        self.sha256 = sha256
        self.bytes = bytes
        self.createdAt = createdAt
        self.kind = kind
    }
}

public enum DatasetDeletion: Sendable, Equatable {
    case deleted
    case noSuchDataset
    /// Refused: the named queued or running job needs it.
    case inUse(job: String)
}
