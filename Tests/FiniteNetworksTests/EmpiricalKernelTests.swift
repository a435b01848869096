import Synchronization
import Testing

@testable import FiniteNetworks

/// Empirical kernels against J Jᵀ, whose columns are derivatives along one parameter each (tangent passes).
struct EmpiricalKernelTests {
    struct Case: CustomTestStringConvertible {
        let name: String
        let layers: String
        let inputShape: [Int]
        var testDescription: String { name }

        func network() throws -> FiniteNetwork { try FiniteNetworksTests.network("{\"layers\": [\(layers)]}", inputShape: inputShape) }
    }

    static let dense = "{\"type\": \"dense\", \"width\": 3, \"weight_std\": 1.4, \"bias_std\": 0.3}"
    static let conv = "{\"type\": \"conv\", \"channels\": 3, \"weight_std\": 1.2, \"bias_std\": 0.2, \"padding\": \"same\", \"filter\": "
    static let cases = [
        Case(name: "dense", layers: "\(dense), \"relu\", \(dense), \"tanh\", \(dense)", inputShape: [4]),
        Case(name: "no bias", layers: "{\"type\": \"dense\", \"width\": 5}, \"erf\", {\"type\": \"dense\", \"width\": 2}", inputShape: [3]),
        Case(name: "conv, pool", layers: "\(conv)[3, 3]}, \"relu\", {\"type\": \"avg_pool\", \"window\": [2, 2]}, \(conv)[2, 2]}, \"tanh\", \"global_avg_pool\", \(dense)", inputShape: [6, 4, 2]),
        Case(name: "wide conv", layers: "{\"type\": \"conv\", \"channels\": 40, \"bias_std\": 0.1, \"filter\": [2, 2]}, \"relu\", {\"type\": \"conv\", \"channels\": 30, \"bias_std\": 0.1, \"filter\": [2, 2]}, \"flatten\", {\"type\": \"dense\", \"width\": 2}", inputShape: [3, 3, 5]),
        Case(name: "many positions", layers: "\(conv)[1, 3]}, \"tanh\", \(conv)[3, 1]}, \"flatten\", {\"type\": \"dense\", \"width\": 2}", inputShape: [12, 12, 1]),
        Case(name: "sequence, dense at positions", layers: "{\"type\": \"conv\", \"channels\": 4, \"filter\": [3]}, \"relu\", \(dense), \"tanh\", \"global_avg_pool\", \(dense)", inputShape: [7, 2]),
        Case(name: "residual", layers: "\(dense), {\"type\": \"parallel\", \"branches\": [[\"relu\", \(dense)], [\"identity\"]]}, \"tanh\", \(dense)", inputShape: [3]),
        Case(name: "concat", layers: "\(dense), {\"type\": \"parallel\", \"combine\": \"concat\", \"branches\": [[\"relu\", \(dense)], [\"identity\"]]}, {\"type\": \"layer_norm\", \"epsilon\": 0.01}, \(dense)", inputShape: [3]),
        Case(name: "frozen", layers: "{\"type\": \"dense\", \"width\": 3, \"trainable\": false}, \"tanh\", \(dense), \"tanh\", {\"type\": \"dense\", \"width\": 2, \"trainable\": false}", inputShape: [4]),
    ]

    /// [rows · outputs, parameters], zero for frozen ones.
    private func jacobian(_ network: FiniteNetwork, _ w: [Double], _ x: [Double]) -> [[Double]] {
        let tape = NetworkTape<Double>(network, capacity: x.count / network.inputCount)
        _ = tape.outputs(w, x)
        let columns = network.trainableRanges.flatMap { $0 }.map { index in
            var direction = [Double](repeating: 0, count: w.count)
            direction[index] = 1
            return tape.tangents(w, direction).first
        }
        return columns[0].indices.map { row in columns.map { $0[row] } }
    }

    private func expectNear(_ found: [Double]?, _ expected: [Double], _ what: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(found?.count == expected.count, "\(what)", sourceLocation: sourceLocation)
        let scale = expected.reduce(0) { max($0, abs($1)) }
        let worst = zip(found ?? [], expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(worst <= 1e-12 * scale, "\(what): \(worst / scale) relative", sourceLocation: sourceLocation)
    }

    @Test(arguments: cases, [1, 2, 3])
    func equalsTheJacobiansProduct(_ example: Case, _ seed: Int) throws {
        let network = try example.network()
        let (n, m, k) = (5, 4, network.outputCount)
        let w = network.initialParameters(seed: UInt64(seed))
        let (x1, x2) = (numbers(n * network.inputCount, seed: seed), numbers(m * network.inputCount, seed: seed + 100))
        let (left, right) = (jacobian(network, w, x1), jacobian(network, w, x2))
        let vectors = numbers(2 * m * k, seed: seed + 200)
        for symmetric in [false, true] {
            let (others, columns) = symmetric ? (left, n) : (right, m)
            func plane(_ o: Int, _ q: Int) -> [Double] {
                (0..<n).flatMap { i in (0..<columns).map { j in dot(left[i * k + o], others[j * k + q]) } }
            }
            let blocks = (0..<k).map { plane($0, $0) }
            let expected: [KernelOutputs: [Double]] = [
                .perOutput: blocks.flatMap { $0 }, .full: (0..<k).flatMap { o in (0..<k).flatMap { plane(o, $0) } },
                .mean: blocks[0].indices.map { at in blocks.reduce(0) { $0 + $1[at] } / Double(k) },
            ]
            for mode in KernelOutputs.allCases {
                // All at once, output by output, and rows in blocks as well.
                for budget in [KernelMemoryPlan.budget, 2e4, 1e3] {
                    let kernel = EmpiricalKernel(network, x1: x1, x2: symmetric ? nil : x2, mode: mode, budget: budget)
                    let numbers = try kernel.numbers([.ntk, .layers], w, threads: 2)
                    let what = "\(example.name), seed \(seed), \(mode), symmetric \(symmetric), budget \(budget)"
                    expectNear(numbers[.ntk], expected[mode] ?? [], what)
                    let (layers, size) = (numbers[.layers] ?? [], expected[mode]?.count ?? 0)
                    let sums = (0..<size).map { at in stride(from: at, to: layers.count, by: size).reduce(0) { $0 + layers[$1] } }
                    expectNear(sums, expected[mode] ?? [], "layers of \(what)")
                    #expect(try kernel.numbers([.ntk], w, threads: 1)[.ntk] == kernel.numbers([.ntk], w, threads: 2)[.ntk], "threads, \(what)")
                }
            }
        }
        let kernel = EmpiricalKernel(network, x1: x1, x2: x2, mode: .mean, vectors: vectors)
        let found = try kernel.numbers([.products, .ntkDiagonal, .ntkColumnDiagonal], w, threads: 2)
        let products = (0..<2).flatMap { v in left.map { row in (0..<m * k).reduce(0.0) { $0 + dot(row, right[$1]) * vectors[v * m * k + $1] } } }
        expectNear(found[.products], products, "products, \(example.name), seed \(seed)")
        func diagonal(_ rows: [[Double]]) -> [Double] {
            stride(from: 0, to: rows.count, by: k).map { i in (i..<i + k).reduce(0) { $0 + dot(rows[$1], rows[$1]) } / Double(k) }
        }
        expectNear(found[.ntkDiagonal], diagonal(left), "diagonal of x1, \(example.name)")
        expectNear(found[.ntkColumnDiagonal], diagonal(right), "diagonal of x2, \(example.name)")
    }

    /// The cases above are worth something only if they take every way through the program.
    @Test func casesTakeEveryOrder() throws {
        var orders: Set<Bool> = []
        for example in Self.cases {
            let network = try example.network()
            let factors = KernelFactors<Double>(network, rows: 5, outputs: 0..<network.outputCount)
            for layer in factors.factors.indices where factors.factors[layer].layer.positions > 1 {
                orders.insert(LayerProduct(factors, 0..<5, factors, 0..<5, layer: layer, .mean).prefersPairs)
            }
        }
        #expect(orders == [false, true])
        let network = try Self.cases[0].network()
        let plans = [KernelMemoryPlan.budget, 2e4, 1e3].map { KernelMemoryPlan(network, rows: 5, columns: 4, mode: .mean, scalar: 8, budget: $0) }
        #expect(plans[0].block == 5 && plans[0].outputs == 3)
        #expect(plans[2].outputs == 1 && plans[2].block < 5)
    }

    @Test func singlePrecision() throws {
        let network = try Self.cases[2].network()
        let (w, x) = (network.initialParameters(seed: 4), numbers(5 * network.inputCount))
        let double = try EmpiricalKernel(network, x1: x, x2: nil, mode: .mean).numbers([.ntk, .nngp], w, threads: 1)
        let single = try EmpiricalKernel(network, x1: x.map { Float($0) }, x2: nil, mode: .mean)
            .numbers([.ntk, .nngp], w.map { Float($0) }, threads: 2)
        for quantity in [KernelQuantity.ntk, .nngp] {
            let (exact, found) = (try #require(double[quantity]), try #require(single[quantity]))
            let scale = exact.reduce(0) { max($0, abs($1)) }
            #expect(zip(exact, found).allSatisfy { abs($0 - Double($1)) < 1e-5 * scale })
        }
    }

    @Test func momentsOfSeveralNetworks() throws {
        let network = try Self.cases[0].network()
        let kernel = EmpiricalKernel(network, x1: numbers(8), x2: nil, mode: .mean)
        let each = try (0..<5).map { try #require(kernel.numbers([.ntk], network.initialParameters(seed: $0), threads: 1)[.ntk]) }
        let parameters: @Sendable (Int) -> [Double] = { network.initialParameters(seed: UInt64($0)) }
        let moments = try kernel.moments([.ntk], networks: 5, threads: 2, parameters: parameters)
        for at in 0..<4 {
            let values = each.map { $0[at] }
            let mean = values.reduce(0, +) / 5
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4
            #expect(abs(try #require(moments.mean[.ntk])[at] - mean) < 1e-13 * abs(mean))
            #expect(abs(try #require(moments.standardError(of: .ntk))[at] - (variance / 5).squareRoot()) < 1e-12 * variance.squareRoot())
        }
        let alone = try kernel.moments([.ntk], networks: 5, threads: 1, parameters: parameters)
        #expect(alone.mean == moments.mean)
    }

    @Test func stopsWhenCancelled() throws {
        let network = try Self.cases[0].network()
        let asked = Mutex(0)
        let kernel = EmpiricalKernel(network, x1: numbers(4 * 400), x2: nil, mode: .mean)
        #expect(throws: CancellationError.self) {
            try kernel.numbers([.ntk], network.initialParameters(seed: 0), threads: 2, isCancelled: {
                asked.withLock { $0 += 1; return $0 > 12 }
            })
        }
        #expect(asked.withLock { $0 } < 40)
    }
}
