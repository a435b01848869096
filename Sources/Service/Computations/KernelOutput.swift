import Arrays
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

/// The arrays of one kernel while they are being written.
final class KernelOutput<Scalar: KernelScalar & ArrayElement> {
    /// An array in a memory-mapped file or, where it is small, in memory.
    private struct Output {
        let name: String
        let shape: ArrayShape
        let place: Place
    }

    private enum Place {
        case file(ArrayFile)
        case memory(UnsafeMutableBufferPointer<Scalar>)
    }

    let kind: KernelKind
    private let rows: Int
    private let include: [KernelRequest.Inclusion]
    private var outputs: [Output] = []
    private(set) var pointers = KernelArrays<Scalar>()

    /// Reserves every file on disk, so that a full disk is known before the work starts.
    ///
    /// - Parameter layers: After how many layers the kernel is kept; nil where it is not.
    init(
        of kind: KernelKind, rows: Int, columns: Int, include: [KernelRequest.Inclusion], layers: Int? = nil, blobs: BlobStore
    ) throws {
        self.kind = kind
        self.rows = rows
        self.include = include
        let matrix = [rows, columns]
        pointers.kernel = try add(kind.rawValue, matrix, to: blobs)
        if include.contains(.cosine) { pointers.cosine = try add("\(kind.rawValue)_cosine", matrix, to: blobs) }
        if include.contains(.angle) { pointers.angle = try add("\(kind.rawValue)_angle", matrix, to: blobs) }
        if include.contains(.distance) { pointers.distance = try add("\(kind.rawValue)_distance", matrix, to: blobs) }
        if include.contains(.diagonal) { pointers.diagonal = try add("\(kind.rawValue)_diagonal", [rows], to: blobs) }
        if let layers { pointers.layers = try add("\(kind.rawValue)_layers", [layers] + matrix, to: blobs) }
    }

    deinit {
        for case .memory(let values) in outputs.map(\.place) { values.deallocate() }
    }

    private func add(_ name: String, _ axes: [Int], to blobs: BlobStore) throws -> UnsafeMutablePointer<Scalar>? {
        let shape = try ArrayShape(axes)
        guard shape.count > ResultArray.smallCount else {
            let values = UnsafeMutableBufferPointer<Scalar>.allocate(capacity: shape.count)
            values.initialize(repeating: 0)
            outputs.append(Output(name: name, shape: shape, place: .memory(values)))
            return values.baseAddress
        }
        let file = try ArrayFile(path: blobs.makeTemporaryPath(), shape: shape, elementType: Scalar.elementType)
        outputs.append(Output(name: name, shape: shape, place: .file(file)))
        return file.elements(as: Scalar.self)?.baseAddress
    }

    /// The scalars that describe a symmetric kernel; for a spectrum, also the array of eigenvalues.
    func measure(symmetric: Bool, threads: Int) throws -> [(name: String, value: JSONValue)] {
        guard symmetric, let kernel = pointers.kernel else { return [] }
        let n = rows
        let trace = (0..<n).reduce(0.0) { $0 + Double(kernel[$1 * n + $1]) }
        var metrics: [(String, JSONValue)] = [("trace", .double(trace))]
        guard include.contains(.spectrum) else { return metrics }
        let spectrum = try Spectrum(of: MatrixView(UnsafePointer(kernel), rows: n, columns: n), threads: threads)
        spectrumValues = spectrum.eigenvalues
        metrics.append(("lambda_max", spectrum.largest.map { .double($0) } ?? .null))
        metrics.append(("lambda_min", spectrum.smallest.map { .double($0) } ?? .null))
        metrics.append(("condition_number", spectrum.conditionNumber.map { .double($0) } ?? .null))
        metrics.append(("effective_rank", spectrum.effectiveRank.map { .double($0) } ?? .null))
        return metrics
    }

    private var spectrumValues: [Double]?

    /// Syncs the files and names them by their digests: from here on they are complete and for good.
    func commit(to blobs: BlobStore) throws -> [ResultArray] {
        var arrays = try outputs.map { output in
            switch output.place {
            case .file(let file):
                try file.finish()
                return ResultArray(
                    name: output.name, dtype: Scalar.elementType.rawValue, shape: output.shape.axes,
                    blob: try blobs.commit(fileAt: file.path))
            case .memory(let values):
                return try ResultArray(output.name, shape: output.shape.axes, UnsafeBufferPointer(values), blobs: blobs)
            }
        }
        if let spectrumValues {
            arrays.append(try ResultArray("\(kind.rawValue)_spectrum", shape: [spectrumValues.count], spectrumValues, blobs: blobs))
        }
        return arrays
    }
}
