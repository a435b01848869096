/// What a training of one network takes: bytes of memory while it runs, and bytes of the arrays it leaves.
public struct TrainingForecast: Sendable, Equatable {
    public var running: Int
    public var kept: Int

    /// In floating point, as a forecast may be far beyond any memory.
    ///
    /// - Parameters:
    ///   - rows: of the training set; the rest of the plan as it is. Its data need not be loaded.
    ///   - scalar: bytes of a number of the job's precision.
    public init(_ plan: TrainingPlan, _ network: FiniteNetwork, rows: Int, testRows: Int, scalar: Int) {
        let (n, m, k, bytes) = (Double(rows), Double(testRows), Double(network.outputCount), Double(scalar))
        let parameters = Double(network.parameterCount)
        let batch = Double(min(plan.batchSize ?? rows, rows))
        let values = network.values.reduce(0) { $0 + Double($1.elements) }
        let patches = network.layers.reduce(0) { most, layer in
            layer.window == nil
                ? most
                : max(most, max(Double(NetworkTape<Double>.patchElements), Double(layer.positions) * Double(layer.fanIn)))
        }
        // Values, slopes, deltas and tangents of a tape, and its scratch.
        func tape(_ rows: Double) -> Double { (4 * rows * values + 2 * patches) * bytes }
        let moments: Double =
            switch plan.optimizer {
            case .sgd(_, let momentum): momentum == 0 ? 0 : 1
            case .adam: 2
            }
        let weights = (3 + moments) * parameters
        func factors(_ rows: Double) -> Double {
            network.layers.reduce(0) { sum, layer in
                let spread = layer.positions > 1 || layer.window != nil
                return sum + rows * (spread ? k * Double(layer.weight.count) : Double(layer.fanIn) + k * Double(layer.fanOut))
            } * bytes
        }
        var running = weights * bytes + tape(n) + tape(m) + (batch < n ? tape(batch) : 0) + 60 * n * k * 8
        if batch == n, let shape = PackedShape(network, examples: rows) { running += Double(shape.elements) * bytes }
        let records = Double(plan.steps / plan.recordEvery + 2)
        var kept = records * Double(8 + network.layers.count) * 8 + Double(plan.snapshotSteps.count) * parameters * 8
        if plan.tracks(.outputs) { kept += records * (n + m) * k * 8 * (plan.tracks(.linearized) ? 2 : 1) }
        if plan.tracks(.linearized) {
            running += weights * bytes + tape(n) + tape(m)
            if plan.optimizer.isLinear, (n + m) * k <= Double(LinearizedPair<Double>.largestKernel) {
                running += (n + m) * k * n * k * 8 + tape(n + m) + factors(n + m)
            }
        }
        if plan.tracks(.kernelDrift) { running += factors(n) + 3 * n * n * 8 }
        if plan.tracks(.tangents) {
            let rows = Double(plan.tangentRows.count)
            kept += records * rows * rows * 8
            running += tape(rows) + factors(rows)
        }
        if plan.tracks(.pathKernel) {
            let queries = m > 0 ? m : n
            running += tape(queries + n) + factors(queries + n) + 4 * queries * n * 8
            kept += 2 * queries * n * 8
        }
        // Directions in float64: two, and of several outputs those of a climb and the best places so far.
        if plan.tracks(.kappa) { running += tape(n) + (n * k > 1 ? 18 : 8) * parameters * 8 }
        self.running = Self.whole(running)
        self.kept = Self.whole(kept)
    }

    private static func whole(_ value: Double) -> Int { value < 0x1p62 ? Int(value) : Int.max }
}
