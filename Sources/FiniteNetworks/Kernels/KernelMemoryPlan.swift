/// How many rows and outputs an empirical kernel takes at a time, so that its factors stay within a budget.
///
/// Fewer outputs come before fewer rows: a further pass over outputs repeats forward passes, a further block of rows also the
/// backward passes of all other rows. It depends on the request alone, not on the threads, so that results do not either.
struct KernelMemoryPlan: Equatable {
    /// Bytes of factors: 3/4 GB.
    static let budget = 0.75e9
    /// Bytes of one tape, which belongs to a thread.
    static let tapeBudget = 64e6

    /// Rows of a block; those of both inputs where one block holds all.
    let block: Int
    /// Outputs whose derivatives are held at a time.
    let outputs: Int
    /// Examples on a tape, and outputs that it carries back at once.
    let chunk: Int
    let lanes: Int
    /// Bytes of the factors, and of a tape.
    let factorBytes: Double
    let tapeBytes: Double

    /// - Parameters:
    ///   - scalar: bytes of a number.
    ///   - budget: bytes of factors.
    init(_ network: FiniteNetwork, rows: Int, columns: Int?, mode: KernelOutputs, scalar: Int, budget: Double = Self.budget) {
        let (k, bytes) = (network.outputCount, Double(scalar))
        var (inputs, deltas) = (0.0, 0.0)
        for node in network.nodes {
            guard case .affine(let index) = node.operation, network.layers[index].isTrainable else { continue }
            let layer = network.layers[index]
            inputs += Double(network.values[node.inputs[0]].elements) * bytes
            deltas += Double(layer.positions) * Double(layer.fanOut) * bytes
        }
        let all = Double(rows) + Double(columns ?? 0)
        let fitting = (budget / all - inputs) / max(deltas, 1)
        let held = mode == .full ? k : max(1, min(k, fitting < Double(k) ? Int(max(fitting, 0)) : k))
        let row = inputs + Double(held) * deltas
        let most = max(rows, columns ?? 0)
        let fits = all * row <= budget
        block = fits ? most : max(1, min(most, Int(budget / 2 / max(row, 1))))
        outputs = held
        factorBytes = (fits ? all : 2 * Double(block)) * row
        let values = network.values.reduce(0) { $0 + Double($1.elements) } * bytes
        // Values and slopes of an example, and deltas for each lane.
        let carried = max(1, min(held, Int(max(1, Self.tapeBudget / max(values, 1) - 2))))
        let example = values * Double(2 + carried)
        let fittingExamples = min(64, Int(max(1, Self.tapeBudget / max(example, 1))))
        (lanes, chunk) = (carried, max(1, min(fittingExamples, most)))
        let patches = network.layers.reduce(0.0) {
            $1.window == nil ? $0 : max($0, max(Double(NetworkTape<Double>.patchElements), Double($1.positions) * Double($1.fanIn)))
        }
        tapeBytes = Double(chunk) * example + 2 * patches * bytes
    }
}
