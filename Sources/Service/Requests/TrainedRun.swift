import Architectures
import Arrays
import FiniteNetworks
import JSON
import Jobs

/// A run of a finished training whose parameters were kept: `{"job", "run"?, "step"?}`. It brings its network along.
struct TrainedRun: Sendable {
    let job: String
    let run: Int
    let step: Int
    let architecture: Architecture
    let inputShape: [Int]
    /// Whether w₀ is known: it was kept, or is that of the seed.
    let hasStart: Bool
    /// The parameters that were kept, one row for each of the run's `snapshot_steps`.
    private let snapshots: DataReference
    /// Which row holds w_n, and which w₀; nil where the start was not kept.
    private let row: Int
    private let startRow: Int?
    private let seed: Int?

    var parameterCount: Int { snapshots.rowLength }

    /// Nil with a fault where there is no such run, or it kept no parameters.
    ///
    /// - Parameter members: The object with `job`; finished here.
    init?(_ members: ObjectReader, _ reader: RequestReader) throws {
        let training = FinishedTraining(members)
        let step = members.integer("step", in: 0...)
        members.finish()
        guard let training else { return nil }
        let pointer = members.pointer(to: "job")
        guard let fact = try reader.fact(pointer, { store, _ in try Self.fact(training, step: step, store) }),
            let snapshots = try reader.reference(pointer, { store, blobs in try Self.snapshots(training, store, blobs) }),
            let architecture = fact["architecture"].flatMap({ ArchitectureParser.parse($0, at: pointer, faults: reader.faults) }),
            let inputShape = fact["input_shape"]?.integers, let row = fact["row"]?.integer, let step = fact["step"]?.integer
        else { return nil }
        (self.job, self.run, self.step, self.architecture, self.inputShape) = (training.job, training.run, step, architecture, inputShape)
        (self.snapshots, self.row, startRow, seed) = (snapshots, row, fact["start_row"]?.integer, fact["seed"]?.integer)
        hasStart = startRow != nil || seed != nil
    }

    var json: JSONValue { ["job": .string(job), "run": .integer(run), "step": .integer(step)] }

    /// w_n.
    func parameters(_ blobs: BlobStore) throws -> [Double] { try RowLoader.values(of: snapshots, rows: row..<row + 1, blobs: blobs) }

    /// w₀, where the run ``hasStart``.
    func start(of network: FiniteNetwork, _ blobs: BlobStore) throws -> [Double] {
        if let startRow { return try RowLoader.values(of: snapshots, rows: startRow..<startRow + 1, blobs: blobs) }
        return network.initialParameters(seed: UInt64(seed ?? 0))
    }

    /// What the job's result says of the run, in few words.
    private static func fact(_ training: FinishedTraining, step: Int?, _ store: any JobStore) throws -> JSONValue? {
        guard let found = try training.find(in: store) else { return nil }
        guard let text = found.request["architecture"], let architecture = ArchitectureParser.parse(text, faults: Faults()),
            let inputShape = found.request["input_shape"]
        else { return training.refuse("job", "The training was made by another version of this program; train again.") }
        guard let steps = found.run["snapshot_steps"]?.integers, let last = steps.last else {
            return training.refuse("job", "The training kept no parameters; train with \"snapshot_steps\": [0, n] to keep those of steps 0 and n.")
        }
        guard let row = steps.firstIndex(of: step ?? last) else {
            return training.refuse("step", "The training kept no parameters of step \(step ?? last); it has those of \(steps.map(String.init).joined(separator: ", ")).")
        }
        var fact = JSONObject([
            ("architecture", (found.run["width"]?.integer.map { architecture.withHiddenWidth($0) } ?? architecture).json),
            ("input_shape", inputShape), ("row", .integer(row)), ("step", .integer(steps[row])),
        ])
        fact["start_row"] = steps.firstIndex(of: 0).map { .integer($0) }
        // In float32 the start is not quite what the seed draws; where parameters were given there is no seed.
        if found.request["precision"] == .string("float64") { fact["seed"] = found.run["seed"] }
        return .object(fact)
    }

    private static func snapshots(_ training: FinishedTraining, _ store: any JobStore, _ blobs: BlobStore) throws -> DataReference? {
        guard let found = try training.find(in: store) else { return nil }
        guard let array = found.arrays.first(where: { $0.name == "parameters_\(training.run)" }), array.shape.count == 2 else {
            return training.refuse("job", "The training kept no parameters; train with \"snapshot_steps\".")
        }
        let (rows, shape) = (array.shape[0], [array.shape[1]])
        guard array.bytes != nil else { return DataReference(source: .blob(array.blob), rows: rows, shape: shape) }
        let values = RowLoader.values(of: try MappedArray(of: array, in: blobs), rows: 0..<rows)
        return DataReference(source: .inline(JSONTensor(shape: array.shape, values: values)), rows: rows, shape: shape)
    }
}
