import Glibc
import Synchronization

/// Brings the pages of the results in by the band of rows instead of one fault at a time.
///
/// A result is usually a file just mapped, every page of which would fault on its first write; asking the kernel for a
/// whole band (`MADV_POPULATE_WRITE`, Linux 5.14) costs a third of that. It is a hint: where it is refused, the writes
/// fault as they would have.
final class DestinationPages<Scalar: KernelScalar>: Sendable {
    private let arrays: Arrays
    private let rows: Int
    private let columns: Int
    private let band: Int
    private let populated: Mutex<Set<Int>> = Mutex([])

    /// `@unchecked Sendable`: the addresses are only handed to `madvise`, which neither reads nor changes what they hold.
    private struct Arrays: @unchecked Sendable {
        var addresses: [UnsafeMutablePointer<Scalar>] = []
    }

    init(_ destinations: KernelDestinations<Scalar>, rows: Int, columns: Int, layers: Int, band: Int) {
        self.rows = rows
        self.columns = columns
        self.band = band
        var arrays = Arrays()
        for kind in [destinations.nngp, destinations.ntk].compactMap(\.self) {
            arrays.addresses += [kind.kernel, kind.cosine, kind.angle, kind.distance].compactMap(\.self)
            if let slices = kind.layers {
                arrays.addresses += (0..<layers).map { slices + $0 * rows * columns }
            }
        }
        self.arrays = arrays
    }

    /// Sees to the band that holds `row`, once, whoever asks first.
    func prepare(row: Int) {
        let index = row / band
        guard populated.withLock({ $0.insert(index).inserted }) else { return }
        let first = index * band * columns
        let bytes = min(band * columns, rows * columns - first) * MemoryLayout<Scalar>.stride
        let page = Int(getpagesize())
        // A system call costs more than the few faults of a small band.
        guard bytes >= 16 * page else { return }
        for array in arrays.addresses {
            let start = Int(bitPattern: array + first)
            let aligned = (start + page - 1) / page * page
            let length = (start + bytes - aligned) / page * page
            guard let address = UnsafeMutableRawPointer(bitPattern: aligned), length > 0 else { continue }
            _ = madvise(address, length, MADV_POPULATE_WRITE)
        }
    }
}
