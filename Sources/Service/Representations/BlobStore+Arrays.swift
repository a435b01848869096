import Arrays
import Jobs

extension BlobStore {
    /// Stores numbers in row-major order as an array of float64.
    func store(_ values: [Double], shape: [Int]) throws -> Blob {
        let file = try ArrayFile(path: makeTemporaryPath(), shape: ArrayShape(shape), elementType: .float64)
        values.withUnsafeBytes { file.bytes.copyMemory(from: $0) }
        try file.finish()
        return try commit(fileAt: file.path)
    }
}

extension MappedArray {
    /// A result's array, wherever it is kept.
    convenience init(of array: ResultArray, in blobs: BlobStore) throws {
        if let bytes = array.bytes {
            try self.init(bytes: bytes)
        } else {
            try self.init(path: blobs.path(of: array.blob))
        }
    }
}
