import Architectures
import Dynamics
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

/// What predictions and flows share: training and test inputs with their targets, and where their kernels come from.
struct PredictionData: Sendable {
    enum Kernels: Sendable {
        case network(Architecture, InfiniteNetwork)
        case jobs(KernelJobs)
    }

    let kernels: Kernels
    let xTrain: DataReference?
    let yTrain: DataReference
    let xTest: DataReference?
    let yTest: DataReference?
    let task: LearningTask
    let initial: (train: DataReference, test: DataReference?)?

    var rows: Int { yTrain.rows }
    var testRows: Int {
        switch kernels {
        case .network: xTest?.rows ?? 0
        case .jobs(let jobs): jobs.testRows ?? 0
        }
    }

    /// The columns of the targets.
    var outputs: Int { Self.columns(task, yTrain, yTest) }

    private static func columns(_ task: LearningTask, _ yTrain: DataReference, _ yTest: DataReference?) -> Int {
        task == .classification ? max(yTrain.classCount, yTest?.classCount ?? 1, 2) : yTrain.rowLength
    }

    var classes: Int? { task == .classification ? outputs : nil }

    /// - Parameter kinds: The kernels that are needed; nil where that cannot be read.
    /// - Returns: nil where there is a fault.
    init?(_ reader: RequestReader, kinds: [KernelKind]?) throws {
        let members = reader.members
        let task = members.task()
        let inputShape = members.integers("input_shape", in: 1..., count: 1...3)
        let found = try KernelJobs.find(reader, kinds: kinds)
        let fromJobs = members.has("kernel")
        let hasNetwork = members.has("architecture")
        if fromJobs, hasNetwork {
            members.fault(at: "kernel", "A kernel is named by its job or computed from an architecture; leave one of the two out.")
        }
        // Beside both, the inputs may be those of the architecture.
        for name in ["x_train", "x_test", "input_shape"] where fromJobs && !hasNetwork && members.has(name) {
            members.fault(at: name, "The inputs are those of the job in \"kernel\"; leave \(name) out, or send \"architecture\" in place of \"kernel\".")
        }
        let xTrain = fromJobs ? (hasNetwork ? try reader.inputs("x_train", inputShape: inputShape) : nil) : try reader.requiredInputs("x_train", inputShape: inputShape)
        let xTest = fromJobs && !hasNetwork ? nil : try reader.inputs("x_test", inputShape: inputShape)
        let rows = fromJobs ? found.rows : reader.rows(of: xTrain, "x_train")
        let testRows = fromJobs ? found.testRows : reader.rows(of: xTest, "x_test")
        let yTrain = try reader.requiredTargets("y_train", task: task, rows: rows)
        let yTest = try reader.targets("y_test", task: task, rows: testRows)
        let architecture = fromJobs && !hasNetwork ? nil : reader.architecture(for: .infiniteKernel)
        let network = architecture.flatMap { reader.network($0, inputs: xTrain, named: "x_train") }
        let hasTest = Self.hasTest(members)
        // Of a classification the columns are those of all its classes.
        let areAllThere = task == .regression || yTest != nil || !members.hasValue("y_test")
        let columns: Int? = if areAllThere, let task, let yTrain { Self.columns(task, yTrain, yTest) } else { nil }
        initial = try Self.initial(reader, rows: rows, testRows: testRows, columns: columns, hasTest: hasTest)
        if let xTrain, let xTest, xTrain.shape != xTest.shape {
            members.fault(at: "x_test", "Its rows have shape \(xTest.shape), those of x_train \(xTrain.shape); both must be inputs of the same network.")
        }
        if members.hasValue("y_test"), hasTest == false {
            members.fault(at: "y_test", "These are targets of test inputs that are not there; send as many test inputs, or leave y_test out.")
        }
        if let yTrain, let yTest, task == .regression, yTrain.rowLength != yTest.rowLength {
            members.fault(at: "y_test", "Its targets have \(yTest.rowLength) columns, those of y_train \(yTrain.rowLength); both must be as many.")
        }
        if let yTrain { try Self.checkVaried(yTrain, "y_train", reader) }
        guard reader.faults.isEmpty, let task, let yTrain else { return nil }
        if let jobs = found.jobs { kernels = .jobs(jobs) } else if let architecture, let network { kernels = .network(architecture, network) } else { return nil }
        (self.task, self.xTrain, self.yTrain, self.xTest, self.yTest) = (task, xTrain, yTrain, xTest, yTest)
    }

    /// Whether a request has test inputs, readable or not; nil where that cannot be told.
    static func hasTest(_ members: ObjectReader) -> Bool? {
        guard let kernel = members.value("kernel") else { return members.hasValue("x_test") }
        guard case .object = kernel, !members.has("architecture") else { return nil }
        return kernel["test_train"] != nil
    }

    /// Refuses targets that are all alike: there is nothing to learn, and a client who sends them has mistaken a column.
    static func checkVaried(_ targets: DataReference, _ name: String, _ reader: RequestReader) throws {
        let pointer = reader.members.pointer(to: name)
        _ = try reader.fact(pointer) { _, blobs in
            let (values, length) = (try RowLoader.values(of: targets, blobs: blobs), targets.rowLength)
            if targets.rows > 1, values.indices.allSatisfy({ values[$0] == values[$0 % length] }) {
                let row = JSONValue.numbers(Array(values.prefix(length))).ownString
                reader.faults.add(pointer, "All targets are \(length == 1 ? String(row.dropFirst().dropLast()) : row), so there is nothing to predict; send targets that differ.")
            }
            return nil
        }
    }

    /// `{"train", "test"}`: the outputs of one network at initialisation.
    ///
    /// - Parameter columns: Of the targets, as many as the network has outputs.
    private static func initial(
        _ reader: RequestReader, rows: Int?, testRows: Int?, columns: Int?, hasTest: Bool?
    ) throws -> (train: DataReference, test: DataReference?)? {
        guard let object = reader.members.object("initial") else { return nil }
        let train = try reader.requiredTargets("train", in: object, task: .regression, rows: rows)
        let test = try reader.targets("test", in: object, task: .regression, rows: testRows)
        object.finish()
        for (name, outputs) in [("train", train), ("test", test)] {
            guard let columns, let outputs, outputs.rowLength != columns, name == "train" || hasTest != false else { continue }
            object.fault(at: name, "Each row has \(outputs.rowLength) outputs where the targets have \(columns) columns; send \(columns) for each input.")
        }
        if let hasTest, object.hasValue("test") != hasTest {
            object.fault(at: "test", hasTest ? "The network's outputs at the test inputs are missing." : "There are no test inputs; leave it out.")
        }
        return train.map { ($0, test) }
    }

    var json: [(name: String, value: JSONValue)] {
        var result: [(name: String, value: JSONValue)] = []
        switch kernels {
        case .network(let architecture, _): result.append(("architecture", architecture.json))
        case .jobs(let jobs): result.append(("kernel", jobs.json))
        }
        for (name, data) in [("x_train", xTrain), ("y_train", yTrain), ("x_test", xTest), ("y_test", yTest)] {
            if let data { result.append((name, data.json)) }
        }
        if let xTrain { result.append(("input_shape", .integers(xTrain.shape))) }
        result.append(("task", .string(task.rawValue)))
        if let initial {
            var object = JSONObject([("train", initial.train.json)])
            if let test = initial.test { object["test"] = test.json }
            result.append(("initial", .object(object)))
        }
        return result
    }
}

/// The data of a prediction in memory.
struct LoadedPredictionData {
    let targets: DenseMatrix
    let testTargets: DenseMatrix?
    let initialTrain: DenseMatrix?
    let initialTest: DenseMatrix?

    init(_ data: PredictionData, _ context: JobContext) throws {
        func targets(_ reference: DataReference, classes: Int?) throws -> DenseMatrix {
            let values = try RowLoader.targets(of: reference, classes: classes, blobs: context.blobs)
            return DenseMatrix(rows: reference.rows, columns: values.count / max(1, reference.rows), values: values)
        }
        self.targets = try targets(data.yTrain, classes: data.classes)
        testTargets = try data.yTest.map { try targets($0, classes: data.classes) }
        initialTrain = try data.initial.map { try targets($0.train, classes: nil) }
        initialTest = try data.initial?.test.map { try targets($0, classes: nil) }
    }
}

extension PredictionData {
    /// The kernels that are needed, computed here or read from their jobs.
    func kernelBlocks(
        _ kinds: [KernelKind], covariance: PredictionProblem.Covariance, _ context: JobContext
    ) throws -> [KernelKind: KernelBlocks] {
        func matrix(_ reference: DataReference) throws -> DenseMatrix {
            DenseMatrix(rows: reference.rows, columns: reference.rowLength, values: try RowLoader.values(of: reference, blobs: context.blobs))
        }
        switch kernels {
        case .jobs(let jobs):
            return try jobs.blocks.mapValues { blocks in
                KernelBlocks(
                    train: try matrix(blocks.train), testTrain: try blocks.testTrain.map(matrix), testTest: try blocks.testTest.map(matrix))
            }
        case .network(_, let network):
            guard let xTrain else { return [:] }
            let blocks = try InfiniteKernelBlocks(
                of: network, kinds: Set(kinds), train: try matrix(xTrain), test: try xTest.map(matrix), covariance: covariance,
                threads: context.threads, isCancelled: { context.isCancelled })
            return [.nngp: blocks.nngp, .ntk: blocks.ntk].compactMapValues { $0 }
        }
    }
}

/// Numerical trouble of the dynamics, as a failed job says it.
extension DynamicsError: NumericalFailure {
    var code: JobErrorCode {
        switch self {
        case .notPositiveDefinite, .indefiniteCovariance: .notPositiveDefinite
        case .diverged: .diverged
        case .noConvergence, .tooManySteps: .noConvergence
        case .notFinite: .nonFiniteResult
        case .factorisation: .eigensolverFailed
        // Requests are held against it, and a cancelled computation is no failure: neither is recorded.
        case .misshapen, .cancelled: .internalError
        }
    }

    var title: String {
        switch self {
        case .notPositiveDefinite: "The kernel is not positive definite"
        case .indefiniteCovariance: "The covariance is not positive semidefinite"
        case .diverged: "Gradient descent diverges"
        case .noConvergence, .tooManySteps: "The solver did not reach its tolerance"
        case .notFinite: "The result is not finite"
        case .misshapen: "The data do not belong together"
        case .factorisation: "The kernel could not be factored"
        case .cancelled: "The computation was cancelled"
        }
    }

    var detail: String {
        switch self {
        case .notPositiveDefinite(let kernel):
            "The \(kernel.name) of \(kernel.order) training inputs has \(kernel.rank.map { "numerical rank \($0)" } ?? "no inverse"): its eigenvalues run from \(kernel.lambdaMax) down to \(kernel.lambdaMin), which rounding cannot tell from zero"
                + (kernel.time.map { ", and by time \($0) the answer depends on those" } ?? "")
                + "; rows that are equal or nearly so do this. Drop them, or send \"ridge_absolute\": \(kernel.helpfulRidge)"
                + (kernel.time == nil ? ", or ask for finite times." : ", or ask for shorter times.")
        case .indefiniteCovariance(let name, let smallest, let largest):
            "The covariance of the \(name) has eigenvalues from \(largest) down to \(smallest), which is more than rounding below zero; add a ridge, or take points that are farther apart."
        case .diverged(let rate, let limit, let steps):
            "With learning rate \(rate) the outputs grow without bound by step \(steps); stay below \(limit)."
        case .noConvergence(let iterations, let residual, let tolerance):
            "After \(iterations) iterations the relative residual is \(residual), not \(tolerance); send a \"ridge_absolute\", or a larger \"tolerance\"."
        case .tooManySteps(let limit, let reached, let end):
            "After \(limit) adaptive steps the flow is at time \(reached) of \(end); ask for shorter times or a smaller learning rate."
        case .notFinite(let what), .misshapen(let what): "\(what)."
        case .factorisation(let error): "\(error)."
        case .cancelled: "The job was cancelled."
        }
    }

    var members: [(name: String, value: JSONValue)] {
        switch self {
        case .notPositiveDefinite(let kernel):
            [
                ("kernel", .string(kernel.name)), ("lambda_min", .finite(kernel.lambdaMin)), ("lambda_max", .finite(kernel.lambdaMax)),
                ("rank", kernel.rank.map { .integer($0) } ?? .null), ("rows", .integer(kernel.order)), ("ridge_absolute", .finite(kernel.helpfulRidge)),
            ]
        case .indefiniteCovariance(_, let smallest, let largest): [("lambda_min", .finite(smallest)), ("lambda_max", .finite(largest))]
        case .diverged(_, let limit, _): [("learning_rate_max", .finite(limit))]
        default: []
        }
    }
}
