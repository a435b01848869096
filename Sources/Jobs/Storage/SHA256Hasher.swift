import COpenSSL
#if canImport(Glibc)
import Glibc
#endif

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece, by OpenSSL's EVP, which uses the processor's SHA instructions.
public struct SHA256Hasher: ~Copyable {
    /// Owned by this value alone: it is noncopyable, and `deinit` frees the context. Nil only when OpenSSL could not
    /// allocate or set it up, which `update` and `finalize` report.
    private let context: OpaquePointer?

    public init() {
        let context = EVP_MD_CTX_new()
        if EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 {
            self.context = context
        } else {
            EVP_MD_CTX_free(context)
            self.context = nil
        }
    }

    deinit { EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "OpenSSL has no SHA-256")
    }

    public mutating func update(_ bytes: some Sequence<UInt8>) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
        if done == nil { Array(bytes).withUnsafeBytes { update($0) } }
    }

    /// The digest as 64 lower-case hexadecimal characters.
    public consuming func finalize() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        precondition(EVP_DigestFinal_ex(context, &digest, nil) == 1, "OpenSSL has no SHA-256")
        return String(unsafeUninitializedCapacity: 64) { text in
            for (index, byte) in digest.enumerated() {
                text[2 * index] = hexDigit(byte >> 4)
                text[2 * index + 1] = hexDigit(byte & 0xF)
            }
            return 64
        }
    }

    /// The digest of one piece of text or data.
    public static func digest(of bytes: some Sequence<UInt8>) -> String {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// The digest of a whole open file, read from its start without moving its offset.
    ///
    /// - Returns: The digest and the number of bytes read.
    public static func digest(ofDescriptor descriptor: Int32, path: String = "") throws -> (sha256: String, bytes: Int) {
        var hasher = SHA256Hasher()
        var offset = 0
        // 1 MiB stays in the second-level cache between the read and the digest.
        try withUnsafeTemporaryAllocation(byteCount: 1 << 20, alignment: 64) { buffer in
            while true {
                let count = pread(descriptor, buffer.baseAddress, buffer.count, offset)
                if count < 0 {
                    if errno == EINTR { continue }
                    throw StorageError.failed("read", path)
                }
                if count == 0 { return }
                hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                offset += count
            }
        }
        return (hasher.finalize(), offset)
    }
}
