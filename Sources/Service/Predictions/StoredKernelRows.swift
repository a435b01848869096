import Arrays
import Dynamics
import Glibc
import Jobs
import LinearAlgebra

/// A matrix of another job's result, read a few rows at a time.
struct StoredRows {
    private enum Place {
        case file(MappedArray)
        case memory([Double])
    }

    private let place: Place
    let count: Int
    private let columns: Int

    init(_ reference: DataReference, blobs: BlobStore) throws {
        (count, columns) = (reference.rows, reference.rowLength)
        if case .blob(let blob) = reference.source {
            place = .file(try MappedArray(path: blobs.path(of: blob)))
        } else {
            place = .memory(try RowLoader.values(of: reference, blobs: blobs))
        }
    }

    /// Copies a part out, row-major without gaps, and lets go of the file's pages: however large the matrix, what stays in
    /// memory is the copy.
    func read(_ rows: Range<Int>, _ range: Range<Int>, _ target: UnsafeMutablePointer<Double>) {
        for (index, row) in rows.enumerated() {
            let (out, start) = (target + index * range.count, row * columns + range.lowerBound)
            switch place {
            case .memory(let values): for j in 0..<range.count { out[j] = values[start + j] }
            case .file(let array):
                if let values = array.elements(as: Double.self), let base = values.baseAddress {
                    out.update(from: base + start, count: range.count)
                } else if let values = array.elements(as: Float.self) {
                    for j in 0..<range.count { out[j] = Double(values[start + j]) }
                }
            }
        }
        if case .file(let array) = place { release(rows, of: array) }
    }

    /// The map is shared and read-only, so its pages come back from the file when they are touched again.
    private func release(_ rows: Range<Int>, of array: MappedArray) {
        let (size, page) = (array.elementType.size * columns, Int(getpagesize()))
        guard let base = array.fileBytes.baseAddress, let data = array.bytes.baseAddress else { return }
        let offset = data - base
        let from = (offset + rows.lowerBound * size) / page * page
        let to = (offset + rows.upperBound * size) / page * page
        if to > from { madvise(UnsafeMutableRawPointer(mutating: base + from), to - from, MADV_DONTNEED) }
    }

    /// The matrix as a symmetric kernel.
    func kernel() -> KernelRows {
        var diagonal = [Double](repeating: 0, count: count)
        diagonal.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for i in 0..<count { read(i..<i + 1, i..<i + 1, base + i) }
        }
        return KernelRows(count: count, diagonal: diagonal) { rows, columns, target throws(DynamicsError) in read(rows, columns, target) }
    }
}
