import Architectures
import FiniteNetworks
import JSON

/// The members of a training that are numbers and choices.
struct TrainingSettings {
    let loss: Loss
    let widths: [Int]?
    let seeds: [Int]
    let precision: KernelRequest.Precision
    private let optimizer: Optimizer?
    private let batchSize: Int?
    private let steps: Int?
    private let stopAtLoss: Double?
    private let recordEvery: Int
    private let track: [Tracked]
    /// Not where the list cannot be read.
    private let leavesTangentsOut: Bool
    private let pathKernelPlace: JSONPointer?
    private let centerOutputs: Bool
    private let outputScale: Double
    private let tangentRows: [Int]?
    private let snapshotSteps: [Int]
    private let faults: Faults

    static let mostTangents = 64

    /// - Parameter defaults: where every member has one.
    init(_ members: ObjectReader, defaults: PostExperiment?) {
        faults = members.faults
        let isGiven = members.has("parameters") || members.has("network")
        loss = members.choice("loss", default: defaults?.loss ?? .halfMean)
        widths = members.distinctIntegers("widths", in: 1...1_000_000, count: 1...100) ?? (isGiven ? nil : defaults?.widths)
        // Beside parameters there is one at most, so that nothing is to be said of one that is there twice.
        seeds =
            isGiven
            ? members.integers("seeds", in: 0..., count: 1...10_000) ?? [0]
            : members.distinctIntegers("seeds", in: 0..., count: 1...10_000) ?? defaults?.seeds ?? [0]
        precision = members.choice("precision", default: .float64)
        let steps = defaults != nil && !members.has("steps") ? defaults?.steps : members.requiredInteger("steps", in: 1...100_000_000)
        self.steps = steps
        // Null: do not stop early, where there is a default.
        stopAtLoss = members.value("stop_at_loss") == .null ? nil : members.number("stop_at_loss", in: .nonNegative) ?? defaults?.stopAtLoss
        recordEvery = members.integer("record_every", in: 1..., default: 1)
        let told = members.choices("track", of: Tracked.self)
        track = told ?? [.weightDrift]
        leavesTangentsOut = !track.contains(.tangents) && (told != nil || !members.has("track"))
        pathKernelPlace = members.place(of: Tracked.pathKernel, in: "track")
        centerOutputs = members.bool("center_outputs", default: false)
        outputScale = members.number("output_scale", in: .positive, default: 1)
        tangentRows = members.distinctIntegers("tangent_rows", in: 0..., count: 1...Self.mostTangents)
        snapshotSteps =
            if let steps {
                members.integers("snapshot_steps", in: 0...steps, count: 0...1000) ?? []
            } else {
                members.integers("snapshot_steps", in: 0..., count: 0...1000) ?? []
            }
        if let reader = members.object("optimizer") {
            (optimizer, batchSize) = Self.optimizer(reader)
        } else if let defaults {
            (optimizer, batchSize) = (defaults.optimizer, nil)
        } else {
            _ = members.requiredValue("optimizer")
            (optimizer, batchSize) = (nil, nil)
        }
    }

    private static func optimizer(_ reader: ObjectReader) -> (Optimizer?, batchSize: Int?) {
        enum Kind: String, CaseIterable { case sgd, adam }
        let kind = reader.requiredChoice("type", of: Kind.self)
        // Where it is faulty another rate stands in, so that the kind of descent is known for the checks that follow.
        let rate = reader.requiredNumber("learning_rate", in: .positive) ?? 1
        let batch = reader.integer("batch_size", in: 1...)
        var optimizer: Optimizer?
        // Of a type that cannot be read, the members of either are known.
        if kind != .adam {
            let momentum = reader.number("momentum", in: .between(0, 1, excludingUpper: true), default: 0)
            optimizer = .sgd(learningRate: rate, momentum: momentum)
        }
        if kind != .sgd {
            let (beta1, beta2) = (
                reader.number("beta1", in: .between(0, 1, excludingUpper: true), default: 0.9),
                reader.number("beta2", in: .between(0, 1, excludingUpper: true), default: 0.999)
            )
            let epsilon = reader.number("epsilon", in: .positive, default: 1e-8)
            optimizer = .adam(learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon)
        }
        reader.finish()
        return (kind == nil ? nil : optimizer, batch)
    }

    /// Given parameters are those of one network.
    func checkBesideParameters(_ members: ObjectReader) {
        let severalSeeds = members.value("seeds")?.elements?.count ?? 1 > 1
        for name in ["widths", "seeds"] where members.has(name) && !(name == "seeds" && !severalSeeds) {
            members.fault(at: name, "Given parameters are those of one network; leave \(name) out, or leave parameters out.")
        }
    }

    /// What belongs together.
    ///
    /// - Parameters:
    ///   - network: Nil where it is not known; everything else is checked all the same.
    ///   - rows: Of x.
    func check(_ network: FiniteNetwork?, rows: Int?, _ members: ObjectReader) {
        if let network, network.trainableRanges.isEmpty {
            members.fault(at: "architecture", "The network has no trainable layer, so there is nothing to train; add a dense or conv layer, or set its trainable to true.")
        }
        if let rows {
            if let batchSize, batchSize > rows {
                faults.add(
                    members.pointer(to: "optimizer").appending("batch_size"), "A batch of \(batchSize) is more than the \(rows) rows of x; use at most \(rows), or leave batch_size out for full batches.")
            }
            for (index, row) in (members.value("tangent_rows")?.elements ?? []).enumerated() {
                guard let row = row.integer, row >= rows else { continue }
                faults.add(members.pointer(to: "tangent_rows").appending(index), "There is no row \(row); x has the rows 0 to \(rows - 1).")
            }
        }
        if leavesTangentsOut, members.hasValue("tangent_rows") {
            members.fault(at: "tangent_rows", "Rows are chosen for tangents, which are not tracked; add \"tangents\" to track, or leave tangent_rows out.")
        }
        guard let pathKernelPlace else { return }
        if let network, network.outputCount != 1 {
            faults.add(pathKernelPlace, "A path kernel is that of a network with one output, and this one has \(network.outputCount); leave \"path_kernel\" out.")
        }
        if let optimizer, !optimizer.isPlainDescent {
            faults.add(pathKernelPlace, "A path kernel follows plain gradient descent; use the optimizer \"sgd\" without momentum, or leave \"path_kernel\" out.")
        }
    }

    /// The plan without its data; nil where a member was faulty.
    func plan(_ architecture: Architecture, _ data: TrainingReferences, task: LearningTask) -> TrainingPlan? {
        guard let optimizer, let steps, let x = data.x else { return nil }
        var plan = TrainingPlan(
            architecture: architecture, inputShape: x.shape, train: TrainingData(rows: x.rows, inputs: [], targets: nil),
            optimizer: optimizer, steps: steps)
        (plan.loss, plan.batchSize, plan.stopAtLoss, plan.recordEvery) = (loss, batchSize, stopAtLoss, recordEvery)
        plan.tracked = Set(track).union([.weightDrift])
        // Lazy training is judged by κ.
        if centerOutputs || outputScale != 1 { plan.tracked.insert(.kappa) }
        (plan.centerOutputs, plan.outputScale, plan.isClassification) = (centerOutputs, outputScale, task == .classification)
        if track.contains(.tangents) { plan.tangentRows = tangentRows ?? Array(0..<min(x.rows, Self.mostTangents)) }
        plan.snapshotSteps = Array(Set(snapshotSteps)).sorted()
        return plan
    }
}
