import Architectures
import JSON
import Testing

@testable import FiniteNetworks

struct PackedInputsTests {
    /// Packed products beside sums in float64, for shapes that are multiples of nothing; whole and panel by panel, bit by bit.
    @Test(arguments: 1...24)
    func agreesWithPlainProducts(_ seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        func random(_ most: Int) -> Int { Int.random(in: 1...most, using: &generator) }
        let (rows, features, outputs) = (random(130), random(seed % 3 == 0 ? 400 : 50), random(seed % 4 == 0 ? 260 : 40))
        expectProducts(rows, features, outputs, seed, in: Double.self)
        expectProducts(rows, features, outputs, seed, in: Float.self)
    }

    private func expectProducts<Scalar: NetworkScalar>(
        _ rows: Int, _ features: Int, _ outputs: Int, _ seed: Int, in precision: Scalar.Type
    ) {
        func scalars(_ count: Int, _ stream: Int) -> [Scalar] { numbers(count, seed: 10 * seed + stream).map { Scalar($0) } }
        let (x, w, delta) = (scalars(rows * features, 1), scalars(features * outputs, 2), scalars(rows * outputs, 3))
        let byRow = PackedMatrix(
            x, rows: rows, stride: features, depthStride: 1, factor: PackedFactor<Scalar>(depth: features, widest: outputs + seed % 2))
        let byFeature = PackedMatrix(x, rows: features, stride: 1, depthStride: features, factor: PackedFactor<Scalar>(depth: rows, widest: outputs))
        var z = [Scalar](repeating: 7, count: rows * outputs)
        var gradient = [Scalar](repeating: 7, count: features * outputs)
        byRow.multiply(w, columns: outputs, scale: 0.5, into: &z)
        byFeature.multiply(delta, columns: outputs, scale: 2, into: &gradient)
        // Panel by panel, from the last.
        var pieces = [Scalar](repeating: 7, count: rows * outputs)
        for panel in (0..<byRow.panelCount).reversed() { byRow.multiply(panels: panel..<panel + 1, columns: outputs, scale: 0.5, into: &pieces) }
        #expect(pieces == z, "seed \(seed): \(rows) x \(features) x \(outputs)")
        // Numbers are at most 1, so that a sum of m terms is off by less than m² roundings.
        let rounding = Double(Scalar.ulpOfOne)
        var (worst, worstGradient) = (0.0, 0.0)
        for o in 0..<outputs {
            for r in 0..<rows {
                let sum = (0..<features).reduce(0.0) { $0 + Double(x[r * features + $1]) * Double(w[$1 * outputs + o]) }
                worst = max(worst, abs(Double(z[r * outputs + o]) - 0.5 * sum))
            }
            for i in 0..<features {
                let sum = (0..<rows).reduce(0.0) { $0 + Double(x[$1 * features + i]) * Double(delta[$1 * outputs + o]) }
                worstGradient = max(worstGradient, abs(Double(gradient[i * outputs + o]) - 2 * sum))
            }
        }
        #expect(worst <= Double(features * features) * rounding, "seed \(seed): \(rows) x \(features) x \(outputs)")
        #expect(worstGradient <= Double(2 * rows * rows) * rounding, "seed \(seed): \(rows) x \(features) x \(outputs)")
    }

    /// Passes of a network two of whose layers read the packed inputs, with one thread and with three, beside those of the same
    /// network without.
    @Test(arguments: [1, 3])
    func passesAgreeWithPlainOnes(threads: Int) throws {
        let text = """
            {"layers": [{"type": "parallel", "branches": [[{"type": "dense", "width": 20, "bias_std": 0.3}, "relu"], [{"type": "dense", "width": 20}, "tanh"]]},
             "layer_norm", {"type": "dense", "width": 2}]}
            """
        let (rows, network) = (200, try network(text, inputShape: [40]))
        let (inputs, weights) = (numbers(rows * 40, seed: 3), network.initialParameters(seed: 4))
        let (delta, direction) = (numbers(rows * 2, seed: 5), numbers(network.parameterCount, seed: 7))
        let (plain, packed) = (NetworkTape<Double>(network, capacity: rows), NetworkTape<Double>(network, capacity: rows))
        plain.load(inputs, count: rows)
        packed.load(inputs, count: rows)
        packed.packInputs(threads: threads)
        #expect(packed.packedFeatures != nil && packed.isShared == (threads > 1))
        func results(_ tape: NetworkTape<Double>) -> [[Double]] {
            tape.forward(weights)
            let outputs = Array(UnsafeBufferPointer(start: tape.outputs, count: rows * 2))
            let (first, second) = tape.tangents(weights, direction)
            return [outputs, first, second, tape.gradient(weights, delta)]
        }
        let again = results(packed)
        for (expected, found) in zip(results(plain), results(packed)) {
            #expect(norm(minus(expected, found)) <= 1e-13 * norm(expected))
        }
        #expect(results(packed) == again)
        // Others are loaded: what was packed is not read any more.
        let others = numbers(rows * 40, seed: 6)
        #expect(packed.outputs(weights, others) == plain.outputs(weights, others))
    }

    /// Packing happens where it pays: not for wide layers, few rows or few features, nor for what comes after other layers.
    @Test func smallProblemsAreLeftToBLAS() throws {
        func shape(_ width: Int, rows: Int, features: Int) throws -> PackedShape? {
            PackedShape(
                try network("{\"layers\": [{\"type\": \"dense\", \"width\": \(width)}, \"relu\", {\"type\": \"dense\", \"width\": 1}]}", inputShape: [features]),
                examples: rows)
        }
        #expect(try shape(10, rows: 2, features: 1) == nil)
        #expect(try shape(10, rows: 2, features: 784) == nil)
        #expect(try shape(10, rows: 1000, features: 3) == nil)
        #expect(try shape(5000, rows: 1000, features: 784) == nil)
        let packed = try #require(try shape(100, rows: 1000, features: 784))
        #expect((packed.rows, packed.features, packed.widest) == (1000, 784, 100))
    }

    /// Outputs that are centred are exactly zero at the start, and a run is the same from any checkpoint and with any threads.
    @Test func packedRunsStartAtZeroAndResume() throws {
        let network = try network("{\"layers\": [{\"type\": \"dense\", \"width\": 24}, \"relu\", {\"type\": \"dense\", \"width\": 2}]}", inputShape: [48])
        var plan = TrainingPlan(
            architecture: network.architecture, inputShape: [48],
            train: TrainingData(rows: 140, inputs: numbers(140 * 48, seed: 8), targets: numbers(140 * 2, seed: 9)),
            optimizer: .sgd(learningRate: 0.1, momentum: 0.5), steps: 12)
        plan.centerOutputs = true
        plan.tracked = [.weightDrift, .outputs]
        #expect(PackedShape(network, examples: 140) != nil)
        let sweep = try #require(TrainingSweep(plan, widths: nil, seeds: [1, 2], faults: Faults()))
        let results = try #require(try sweep.run(in: Float.self, threads: 2))
        #expect(results[0].records.outputs.prefix(280).allSatisfy { $0 == 0 })
        #expect(try sweep.run(in: Float.self, threads: 1) == results)
        for threads in [1, 2] {
            func fresh() -> TrainingRun<Float> {
                TrainingRun(plan, network: network, width: nil, seed: 1, threads: threads, isCancelled: { false })
            }
            let (straight, run, resumed) = (fresh(), fresh(), fresh())
            #expect(straight.run(report: { _, _ in }, pause: { false }))
            _ = run.run(report: { _, _ in }, pause: { run.step == 5 })
            try resumed.decode(run.encode())
            #expect(resumed.run(report: { _, _ in }, pause: { false }))
            #expect(resumed.result == straight.result)
            if threads == 1 { #expect(straight.result == results[0]) }
            let losses = zip(straight.result.records.loss, results[0].records.loss)
            #expect(losses.allSatisfy { abs($0 - $1) <= 1e-5 * $1 })
        }
    }
}
