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
    /// The parameters that were kept, one row for each of the run's `snapshot_steps`.
    let snapshots: DataReference
    /// Which row holds w_n, and which w₀; nil where the start was not kept and is that of the seed.
    let row: Int
    let startRow: Int?
    let seed: Int?

    /// Nil with a fault where there is no such run, or it kept no parameters.
    init?(_ members: ObjectReader, _ reader: RequestReader) throws {
        let job = members.requiredString("job")
        let run = members.integer("run", in: 0..., default: 0)
        let step = members.integer("step", in: 0...)
        members.finish()
        guard let job else { return nil }
        let pointer = members.pointer(to: "job")
        let search = SnapshotSearch(job: job, run: run, step: step, members: members)
        guard let fact = try reader.fact(pointer, { store, _ in try search.fact(store) }),
            let snapshots = try reader.reference(pointer, { store, blobs in try search.snapshots(store, blobs) }),
            let description = fact["architecture"],
            let architecture = ArchitectureParser.parse(description, at: pointer, faults: reader.faults),
            let inputShape = fact["input_shape"]?.integers, let row = fact.integer("row"), let step = fact.integer("step")
        else { return nil }
        (self.job, self.run, self.step, self.architecture, self.inputShape) = (job, run, step, architecture, inputShape)
        (self.snapshots, self.row, startRow, seed) = (snapshots, row, fact.integer("start_row"), fact.integer("seed"))
    }

    var json: JSONValue { ["job": .string(job), "run": .integer(run), "step": .integer(step)] }

    /// w₀ and w_n.
    func parameters(of network: FiniteNetwork, blobs: BlobStore) throws -> (start: [Double], end: [Double]) {
        let values = try RowLoader.values(of: snapshots, blobs: blobs)
        func kept(_ row: Int) -> [Double] { Array(values[row * network.parameterCount..<(row + 1) * network.parameterCount]) }
        return (startRow.map(kept) ?? network.initialParameters(seed: UInt64(seed ?? 0)), kept(row))
    }
}

/// Looks a run up among the jobs.
private struct SnapshotSearch {
    let job: String
    let run: Int
    let step: Int?
    let members: ObjectReader

    func fact(_ store: any JobStore) throws -> JSONValue? {
        switch try store.result(of: job) {
        case .noSuchJob: return refuse("job", "There is no job with this id; GET /jobs lists them.")
        case .gone: return refuse("job", "The job's result has expired; train again.")
        case .notReady(let job): return refuse("job", "The job is \(job.state.rawValue); this takes the parameters of a training that has succeeded.")
        case .found(let result, _): return try fact(JSONParser.parse(result.document))
        }
    }

    private func fact(_ document: JSONValue) -> JSONValue? {
        guard let runs = document["runs"]?.elements, let request = document["request"], let text = request["architecture"],
            let architecture = ArchitectureParser.parse(text, faults: Faults())
        else { return refuse("job", "The job is no training; name a job of POST /trainings.") }
        guard runs.indices.contains(run) else {
            return refuse("run", "There is no run \(run); the training has the runs 0 to \(runs.count - 1).")
        }
        let run = runs[run]
        guard let steps = run["snapshot_steps"]?.integers, let last = steps.last else {
            return refuse("job", "The training kept no parameters; train with \"snapshot_steps\": [0, n] to keep those of steps 0 and n.")
        }
        guard let row = steps.firstIndex(of: step ?? last) else {
            return refuse("step", "The training kept no parameters of step \(step ?? last); it has those of \(steps.map(String.init).joined(separator: ", ")).")
        }
        let (startRow, seed) = (steps.firstIndex(of: 0), run.integer("seed"))
        // In float32 the start is not quite what the seed draws, nor is it known where parameters were given.
        guard startRow != nil || (seed != nil && request["parameters"] == nil && request["precision"] == .string("float64")) else {
            return refuse("job", "The training did not keep the parameters that it started from; train with 0 among snapshot_steps.")
        }
        let own = run.integer("width").map { architecture.withHiddenWidth($0) } ?? architecture
        return .object([
            "architecture": own.json, "input_shape": request["input_shape"] ?? .null, "row": .integer(row), "step": .integer(steps[row]),
            "start_row": startRow.map { .integer($0) } ?? .null, "seed": seed.map { .integer($0) } ?? .null,
        ])
    }

    func snapshots(_ store: any JobStore, _ blobs: BlobStore) throws -> DataReference? {
        guard case .found(let result, _) = try store.result(of: job),
            let array = result.arrays.first(where: { $0.name == "parameters_\(run)" }), array.shape.count == 2
        else { return nil }
        let (rows, shape) = (array.shape[0], [array.shape[1]])
        guard array.bytes != nil else { return DataReference(source: .blob(array.blob), rows: rows, shape: shape) }
        let values = RowLoader.values(of: try MappedArray(of: array, in: blobs), rows: 0..<rows)
        return DataReference(source: .inline(JSONTensor(shape: array.shape, values: values)), rows: rows, shape: shape)
    }

    private func refuse(_ name: String, _ detail: String) -> JSONValue? {
        members.fault(at: name, detail)
        return nil
    }
}

extension JSONValue {
    fileprivate func integer(_ name: String) -> Int? {
        if case .number(let number) = self[name] { number.integer } else { nil }
    }
}
