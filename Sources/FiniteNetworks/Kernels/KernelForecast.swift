/// What empirical kernels take beside their arrays.
public struct KernelForecast: Sendable {
    public let workingBytes: Double
    /// Multiplications and additions, to a factor of about two.
    public let operations: Double

    /// - Parameters:
    ///   - networks: how many; as many as threads are computed at once.
    ///   - scalar: bytes of a number.
    public init(
        _ network: FiniteNetwork, rows: Int, columns: Int?, mode: KernelOutputs, wantsNTK: Bool, wantsProducts: Bool, networks: Int,
        threads: Int, scalar: Int
    ) {
        let plan = KernelMemoryPlan(network, rows: max(1, rows), columns: columns, mode: mode, scalar: scalar)
        let (bytes, n, m) = (Double(scalar), Double(rows), Double(columns ?? rows))
        let parameters = Double(network.parameterCount)
        let (atOnce, each) = networks == 1 ? (1.0, Double(threads)) : (Double(min(threads, networks)), 1.0)
        // Parameters as drawn and in the job's precision; with products two gradients.
        let weights = parameters * (8 + bytes + (wantsProducts ? 2 * bytes : 0))
        let gradients = network.layers.contains { $0.positions > 1 } ? 2 * Double(LayerProduct<Double>.gradientElements) * bytes : 0
        // A thread multiplies a strip of 128 rows with all columns, or blocks of positions.
        let strips = 2 * max(128 * m, 1_100_000) * bytes
        let tangents = wantsNTK ? plan.factorBytes + gradients + each * strips : 0
        workingBytes = atOnce * (weights + tangents + each * plan.tapeBytes)
        let (k, all) = (Double(network.outputCount), n + (columns == nil ? 0 : m))
        let pairs = columns == nil ? n * n / 2 : n * m
        let planes = mode == .full ? k * k : k
        let passes = network.layers.reduce(0.0) { $0 + Double($1.positions) * Double($1.weight.count) } * 2 * all
        let products = network.layers.reduce(0.0) { sum, layer in
            let (p, fanIn, fanOut) = (Double(layer.positions), Double(layer.fanIn), Double(layer.fanOut))
            return sum + 2 * min(p * p * (fanIn + planes * fanOut), planes * fanIn * fanOut)
        }
        operations = Double(networks) * (passes + (wantsNTK ? k * passes + pairs * products : 0))
    }
}
