/// Why a run ended. `cancelled`: its job was, and the curves end where they were.
public enum StopReason: String, Sendable, CaseIterable { case steps, loss, diverged, cancelled }

/// What one network of one width and seed did.
public struct RunResult: Sendable, Equatable {
    /// Nil where the architecture's own widths were used.
    public var width: Int?
    /// Nil where parameters were given.
    public var seed: UInt64?
    public var parameterCount = 0
    public var records = RunRecords()
    /// ‖w₀‖ over the trainable parameters.
    public var initialNorm = 0.0
    /// λ_max of the empirical kernel at the start, over all outputs; before the output scale.
    public var lambdaMax = 0.0
    /// Nil where it is not a number: a kernel that is zero.
    public var learningRateMax: Double?
    public var kappa: Double?
    public var pathKernel: PathKernelResult?
    /// The largest difference of the linearised outputs in weight space from those in function space, relative to the
    /// largest output; nil where only one of the two was computed.
    public var linearizedDisagreement: Double?
    /// The step from which on the linearised network has diverged, by the rule for the network itself: its curves end before.
    public var linearizedDivergedAtStep: Int?
    /// Parameters after ``snapshotSteps``, one after another.
    public var snapshots: [Double] = []
    public var snapshotSteps: [Int] = []
    public var stopReason = StopReason.steps

    public init() {}
}

/// The curves of a run, one value for each recorded step; what was not asked for is empty.
public struct RunRecords: Sendable, Equatable {
    public var steps: [Int] = []
    public var loss: [Double] = []
    public var testLoss: [Double] = []
    public var accuracy: [Double] = []
    public var testAccuracy: [Double] = []
    /// ‖w − w₀‖ over all trainable parameters.
    public var drift: [Double] = []
    /// The same by trainable layer relative to its own start, [records, layers]; not a number for a layer that starts at zero.
    public var layerDrift: [Double] = []
    /// ‖Θ − Θ₀‖_F/‖Θ₀‖_F and ⟨Θ, Θ₀⟩/(‖Θ‖‖Θ₀‖) of the kernel averaged over outputs; not a
    /// number where a kernel is zero.
    public var kernelDrift: [Double] = []
    public var kernelAlignment: [Double] = []
    /// This and what else is of the linearised network has fewer records where that diverged.
    public var linearLoss: [Double] = []
    /// Root mean square of the network's outputs minus the linearised ones, on the training and the test rows.
    public var linearRMSE: [Double] = []
    public var linearTestRMSE: [Double] = []
    /// What the linearised network's weights have moved, from the kernel alone.
    public var linearDrift: [Double] = []
    /// [records, rows, outputs]
    public var outputs: [Double] = []
    public var testOutputs: [Double] = []
    public var linearOutputs: [Double] = []
    public var linearTestOutputs: [Double] = []
    /// [records, rows, rows]
    public var tangentCosines: [Double] = []

    public init() {}

    static var curves: [any WritableKeyPath<RunRecords, [Double]> & Sendable] {
        [
            \.loss, \.testLoss, \.accuracy, \.testAccuracy, \.drift, \.layerDrift, \.kernelDrift, \.kernelAlignment, \.linearLoss,
            \.linearRMSE, \.linearTestRMSE, \.linearDrift, \.outputs, \.testOutputs, \.linearOutputs, \.linearTestOutputs, \.tangentCosines,
        ]
    }

    func encode(into writer: inout StateWriter) {
        writer.write(steps)
        for curve in Self.curves { writer.write(self[keyPath: curve]) }
    }

    init(from reader: inout StateReader) throws(DamagedState) {
        steps = try reader.ints()
        for curve in Self.curves { self[keyPath: curve] = try reader.doubles() }
    }
}

extension RunResult {
    func encode(into writer: inout StateWriter) {
        writer.write(width ?? -1)
        writer.write(seed.map { [Int(bitPattern: UInt($0))] } ?? [])
        writer.write(parameterCount)
        records.encode(into: &writer)
        writer.write([initialNorm, lambdaMax] + (learningRateMax.map { [$0] } ?? []))
        writer.write(kappa.map { [$0] } ?? [])
        writer.write(linearizedDisagreement.map { [$0] } ?? [])
        writer.write(linearizedDivergedAtStep ?? -1)
        writer.write(pathKernel?.numbers ?? [])
        writer.write(pathKernel?.rows ?? 0)
        writer.write(snapshots)
        writer.write(snapshotSteps)
        writer.write(StopReason.allCases.firstIndex(of: stopReason) ?? 0)
    }

    init(from reader: inout StateReader) throws(DamagedState) {
        let width = try reader.int()
        self.width = width < 0 ? nil : width
        seed = try reader.ints().first.map { UInt64(UInt(bitPattern: $0)) }
        parameterCount = try reader.int()
        records = try RunRecords(from: &reader)
        let numbers = try reader.doubles()
        guard numbers.count >= 2 else { throw DamagedState() }
        (initialNorm, lambdaMax) = (numbers[0], numbers[1])
        learningRateMax = numbers.count > 2 ? numbers[2] : nil
        kappa = try reader.doubles().first
        linearizedDisagreement = try reader.doubles().first
        let diverged = try reader.int()
        linearizedDivergedAtStep = diverged < 0 ? nil : diverged
        let path = try reader.doubles()
        let rows = try reader.int()
        pathKernel = path.isEmpty ? nil : PathKernelResult(numbers: path, rows: rows)
        snapshots = try reader.doubles()
        snapshotSteps = try reader.ints()
        let reason = try reader.int()
        guard StopReason.allCases.indices.contains(reason) else { throw DamagedState() }
        stopReason = StopReason.allCases[reason]
    }
}
