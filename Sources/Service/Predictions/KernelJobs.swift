import Arrays
import InfiniteNetworks
import JSON
import Jobs

/// The kernels that finished jobs have computed: `{"job", "test_train"?: {"job"}, "test_test"?: {"job"}}`, where the first is
/// the symmetric kernel of the training inputs, `test_train` has a row for each test input and a column for each training
/// input, and `test_test` is the symmetric kernel of the test inputs.
struct KernelJobs: Sendable {
    struct Blocks: Sendable {
        let train: DataReference
        let testTrain: DataReference?
        let testTest: DataReference?
    }

    let blocks: [KernelKind: Blocks]
    let json: JSONValue

    var rows: Int? { blocks.values.first?.train.rows }
    var testRows: Int? { blocks.values.first?.testTrain?.rows }

    /// Which kernels a job has; without any, reading the tangent kernel says what is wrong with it.
    private static func kinds(of job: String, at pointer: JSONPointer, _ reader: RequestReader) throws -> [KernelKind] {
        let found = try reader.fact(pointer) { store, _ in
            guard case .found(let result, _) = try store.result(of: job) else { return nil }
            return .strings(KernelKind.allCases.map(\.rawValue).filter { name in result.arrays.contains { $0.name == name } })
        }
        let kinds = found?.elements?.compactMap { $0.text.flatMap(KernelKind.init) } ?? []
        return kinds.isEmpty ? [.ntk] : kinds
    }

    /// What a request names, and of how many inputs: known also where a fault elsewhere among the kernels leaves no jobs.
    struct Found {
        var jobs: KernelJobs?
        var rows: Int?
        var testRows: Int?
    }

    /// Nothing where the member is absent or faulty.
    ///
    /// - Parameters:
    ///   - kinds: The kernels that are needed; nil for those that the job has.
    ///   - trainOnly: Whether there are no test inputs that kernels could be of.
    static func find(_ reader: RequestReader, kinds: [KernelKind]?, trainOnly: Bool = false) throws -> Found {
        guard let members = reader.members.object("kernel") else { return Found() }
        let job = members.requiredString("job")
        let (testTrain, testTest) = trainOnly ? (nil, nil) : (members.object("test_train"), members.object("test_test"))
        let (testTrainJob, testTestJob) = (testTrain?.requiredString("job"), testTest?.requiredString("job"))
        for object in [members, testTrain, testTest] { object?.finish() }
        if testTest != nil, !members.has("test_train") { members.fault(at: "test_test", "It needs test_train beside it, the kernel of test with training inputs.") }
        // The faults of a job are those of all its arrays: named once.
        var told: Set<JSONPointer> = []
        func read(_ kind: KernelKind, _ job: String?, of object: ObjectReader?, symmetric: Bool = true) throws -> DataReference? {
            guard let job, let pointer = object?.pointer(to: "job"), !told.contains(pointer) else { return nil }
            let found = try array(reader, kind, of: job, at: pointer, symmetric: symmetric, reader.faults)
            if found == nil { told.insert(pointer) }
            return found
        }
        func refuse(_ name: String, _ detail: String) {
            if told.insert(members.pointer(to: name)).inserted { members.fault(at: name, detail) }
        }
        let kinds = try kinds ?? job.map { try Self.kinds(of: $0, at: members.pointer(to: "job"), reader) } ?? [.ntk]
        var (found, blocks) = (Found(), [KernelKind: Blocks]())
        for kind in kinds {
            let train = try read(kind, job, of: members)
            let cross = try read(kind, testTrainJob, of: testTrain, symmetric: false)
            let own = try read(kind, testTestJob, of: testTest)
            found.rows = found.rows ?? train?.rows
            if let train, let cross, cross.rowLength != train.rows {
                refuse("test_train", "The kernel has \(cross.rowLength) columns where there are \(train.rows) training inputs; compute it with the test inputs as x1 and the training inputs as x2.")
            }
            // Of one that may be the other way round it is not known which inputs its rows are.
            if let cross, cross.rowLength == train?.rows { found.testRows = cross.rows }
            if let cross, let own, own.rows != cross.rows {
                refuse("test_test", "The kernel is of \(own.rows) inputs, and test_train of \(cross.rows); both are of the same test inputs.")
            }
            blocks[kind] = train.map { Blocks(train: $0, testTrain: cross, testTest: own) }
        }
        if let job, found.rows == nil { found.rows = try anyKernel(of: job, at: members.pointer(to: "job"), symmetric: true, reader)?.rows }
        if let testTrain, let testTrainJob, found.testRows == nil,
            let cross = try anyKernel(of: testTrainJob, at: testTrain.pointer(to: "job"), symmetric: false, reader), cross.rowLength == found.rows
        {
            found.testRows = cross.rows
        }
        guard told.isEmpty, let job, blocks.count == kinds.count else { return found }
        var object = JSONObject([("job", .string(job))])
        if let testTrainJob { object["test_train"] = ["job": .string(testTrainJob)] }
        if let testTestJob { object["test_test"] = ["job": .string(testTestJob)] }
        found.jobs = KernelJobs(blocks: blocks, json: .object(object))
        return found
    }

    /// Of a job that lacks some of the kernels that are needed: those that it has are all of the same inputs.
    private static func anyKernel(of job: String, at pointer: JSONPointer, symmetric: Bool, _ reader: RequestReader) throws -> DataReference? {
        for kind in KernelKind.allCases {
            if let kernel = try array(reader, kind, of: job, at: pointer, symmetric: symmetric, Faults()) { return kernel }
        }
        return nil
    }

    /// - Parameter faults: Where it is told what is wrong with the job.

    private static func array(
        _ reader: RequestReader, _ kind: KernelKind, of job: String, at pointer: JSONPointer, symmetric: Bool, _ faults: Faults
    ) throws -> DataReference? {
        try reader.reference(pointer.appending(kind.rawValue)) { store, blobs in
            func refuse(_ detail: String) -> DataReference? {
                faults.add(pointer, detail)
                return nil
            }
            switch try store.result(of: job) {
            case .noSuchJob: return refuse("There is no job with this id; GET /jobs lists them.")
            case .gone: return refuse("The job's result has expired; compute the kernel again.")
            case .notReady(let job), .partial(_, let job): return refuse("The job is \(job.state.rawValue); name a job that has succeeded.")
            case .found(let result, _):
                guard let array = result.arrays.first(where: { $0.name == kind.rawValue }) else {
                    return refuse("The job has no array \"\(kind.rawValue)\"; compute a kernel of this kind, or leave it out of kinds.")
                }
                guard array.shape.count == 2 else { return refuse("The job's array \"\(kind.rawValue)\" has shape \(array.shape); a kernel here is a matrix: compute it with outputs \"mean\".") }
                let request = try JSONParser.parse(result.document)["request"]
                if symmetric, array.shape[0] != array.shape[1] || (request?["x2"] ?? .null) != .null {
                    return refuse("The job's kernel is of two sets of inputs and not symmetric; compute it with x1 alone.")
                }
                let shape = [array.shape[1]]
                guard array.bytes != nil else { return DataReference(source: .blob(array.blob), rows: array.shape[0], shape: shape) }
                let values = RowLoader.values(of: try MappedArray(of: array, in: blobs), rows: 0..<array.shape[0])
                return DataReference(source: .inline(JSONTensor(shape: array.shape, values: values)), rows: array.shape[0], shape: shape)
            }
        }
    }
}
