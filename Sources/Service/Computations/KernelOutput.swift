import Arrays
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

/// The files of one kernel's arrays while they are being written.
final class KernelOutput<Scalar: KernelScalar & ArrayElement> {
    private struct Output {
        let name: String
        let file: ArrayFile
    }

    let kind: KernelKind
    private let request: KernelRequest
    private var outputs: [Output] = []
    private(set) var pointers = KernelArrays<Scalar>()

    /// Reserves every file on disk, so that a full disk is known before the work starts.
    init(of kind: KernelKind, _ request: KernelRequest, blobs: BlobStore) throws {
        self.kind = kind
        self.request = request
        let matrix = [request.rows, request.columns]
        pointers.kernel = try add(kind.rawValue, matrix, to: blobs)
        if request.include.contains(.cosine) { pointers.cosine = try add("\(kind.rawValue)_cosine", matrix, to: blobs) }
        if request.include.contains(.angle) { pointers.angle = try add("\(kind.rawValue)_angle", matrix, to: blobs) }
        if request.include.contains(.distance) { pointers.distance = try add("\(kind.rawValue)_distance", matrix, to: blobs) }
        if request.include.contains(.diagonal) { pointers.diagonal = try add("\(kind.rawValue)_diagonal", [request.rows], to: blobs) }
        if request.include.contains(.layers) {
            pointers.layers = try add("\(kind.rawValue)_layers", [request.stack.layerNames.count] + matrix, to: blobs)
        }
    }

    private func add(_ name: String, _ axes: [Int], to blobs: BlobStore) throws -> UnsafeMutablePointer<Scalar>? {
        let file = try ArrayFile(path: blobs.makeTemporaryPath(), shape: ArrayShape(axes), elementType: Scalar.elementType)
        outputs.append(Output(name: name, file: file))
        return file.elements(as: Scalar.self)?.baseAddress
    }

    /// The scalars that describe a symmetric kernel; for a spectrum, also the array of eigenvalues.
    func measure(symmetric: Bool, threads: Int) throws -> [(name: String, value: JSONValue)] {
        guard symmetric, let kernel = pointers.kernel else { return [] }
        let n = request.rows
        let trace = (0..<n).reduce(0.0) { $0 + Double(kernel[$1 * n + $1]) }
        var metrics: [(String, JSONValue)] = [("trace", .double(trace))]
        guard request.include.contains(.spectrum) else { return metrics }
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
        var arrays: [ResultArray] = []
        for output in outputs {
            try output.file.finish()
            let blob = try blobs.commit(fileAt: output.file.path)
            arrays.append(ResultArray(name: output.name, dtype: output.file.elementType.rawValue, shape: output.file.shape.axes, blob: blob))
        }
        if let spectrumValues {
            var bytes = try NPYHeader.encode(type: .float64, shape: ArrayShape([spectrumValues.count]))
            spectrumValues.withUnsafeBytes { bytes.append(contentsOf: $0) }
            let blob = try bytes.withUnsafeBytes { try blobs.store($0) }
            arrays.append(ResultArray(name: "\(kind.rawValue)_spectrum", dtype: "float64", shape: [spectrumValues.count], blob: blob))
        }
        return arrays
    }
}
