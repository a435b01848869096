/// A file of the blob tree, named by the SHA-256 of its bytes.
public struct Blob: Sendable, Hashable {
    /// 64 lower-case hexadecimal characters.
    public var sha256: String
    public var bytes: Int
    /// The name's ending, without a dot.
    public var fileExtension: String

    public init(sha256: String, bytes: Int, fileExtension: String = "npy") {
        self.sha256 = sha256
        self.bytes = bytes
        self.fileExtension = fileExtension
    }
}

/// A named array of a result.
public struct ResultArray: Sendable, Equatable {
    public var name: String
    /// For instance `float64`.
    public var dtype: String
    public var shape: [Int]
    /// The array's file, or, where `bytes` is there, what the file would be called.
    public var blob: Blob
    /// The whole file of a small array, kept in the store: one commit instead of the three syncs of a file of its own.
    public var bytes: [UInt8]?

    public init(name: String, dtype: String, shape: [Int], blob: Blob, bytes: [UInt8]? = nil) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.blob = blob
        self.bytes = bytes
    }

    /// A small array that lives in the store.
    public init(name: String, dtype: String, shape: [Int], bytes: [UInt8], fileExtension: String = "npy") {
        let blob = Blob(sha256: SHA256Hasher.digest(of: bytes), bytes: bytes.count, fileExtension: fileExtension)
        self.init(name: name, dtype: dtype, shape: shape, blob: blob, bytes: bytes)
    }
}

/// What a computation hands back: a JSON document of scalars and small series, and arrays already committed as blobs.
public struct ComputedResult: Sendable, Equatable {
    public var document: String
    public var arrays: [ResultArray]

    public init(document: String, arrays: [ResultArray] = []) {
        self.document = document
        self.arrays = arrays
    }
}

/// A result asked for.
public enum ResultLookup: Sendable, Equatable {
    case found(ComputedResult, Job)
    /// The job was cancelled, and left what it had.
    case partial(ComputedResult, Job)
    /// The job has not succeeded (yet): its state says why there is no result.
    case notReady(Job)
    /// The result was let go after its time.
    case gone(Job)
    case noSuchJob
}
