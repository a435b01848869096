import Arrays
import Jobs

/// Brings the rows that a reference names into memory.
enum RowLoader {
    /// The selected rows in float64, standardized, row-major: rows · rowLength numbers.
    static func values(of reference: DataReference, blobs: BlobStore) throws -> [Double] {
        switch reference.source {
        case .inline(let tensor): return tensor.values
        case .blob(let blob):
            return values(of: try MappedArray(path: blobs.path(of: blob)), rows: 0..<reference.rows)
        case .dataset(_, let blob, let rows, let standardize):
            var values = values(of: try MappedArray(path: blobs.path(of: blob)), rows: rows)
            try values.withUnsafeMutableBufferPointer { buffer in
                try standardize.apply(to: buffer, rows: rows.count, columns: reference.rowLength)
            }
            return values
        }
    }

    /// Some of the reference's rows; of a file no others are read.
    static func values(of reference: DataReference, rows: Range<Int>, blobs: BlobStore) throws -> [Double] {
        guard case .blob(let blob) = reference.source else {
            let length = reference.rowLength
            return Array(try values(of: reference, blobs: blobs)[rows.lowerBound * length..<rows.upperBound * length])
        }
        return values(of: try MappedArray(path: blobs.path(of: blob)), rows: rows)
    }

    static func values(of array: MappedArray, row: Int) -> [Double] { values(of: array, rows: row..<row + 1) }

    static func values(of array: MappedArray, rows: Range<Int>) -> [Double] {
        if let values = array.rows(rows, as: Double.self) { return Array(values) }
        guard let values = array.rows(rows, as: Float.self) else {
            preconditionFailure("our own files hold float64 or float32, and rows were checked against the shape")
        }
        return values.map(Double.init)
    }
}
