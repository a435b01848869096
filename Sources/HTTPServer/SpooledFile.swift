import Glibc

/// A request body on disk. The file has one owner, this object: it is removed when the object goes,
/// so whoever wants to keep it links or renames it before.
public final class SpooledFile: Sendable {
    public let path: String
    /// The length in bytes.
    public let length: Int

    init(path: String, length: Int) {
        self.path = path
        self.length = length
    }

    deinit {
        unlink(path)
    }
}
