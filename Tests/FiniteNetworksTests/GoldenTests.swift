import Architectures
import Foundation
import JSON
import Testing

@testable import FiniteNetworks

/// Networks, kernels and whole trainings computed by JAX's automatic differentiation and neural-tangents, in float64.
struct GoldenTests {
    static let names = ["finite_relu_ntk", "finite_tanh_standard", "finite_erf_wide_ntk"]
    static let tolerance = 1e-10

    struct Case {
        let document: JSONValue
        let network: FiniteNetwork

        init(_ name: String) throws {
            let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
            let document = try JSONParser.parse(Array(Data(contentsOf: url)))
            self.document = document
            func text(_ member: String) throws -> String { try #require(document[member]?.stringForTest) }
            func number(_ member: String) throws -> Double { try #require(document[member]?.numbersForTest?.first) }
            let dims = try #require(document["dims"]?.numbersForTest).map { Int($0) }
            let dense = try dims.dropFirst().map {
                "{\"type\": \"dense\", \"width\": \($0), \"weight_std\": \(try number("weight_std")), \"bias_std\": \(try number("bias_std"))}"
            }
            network = try FiniteNetworksTests.network(
                "{\"parameterization\": \"\(try text("parameterization"))\", \"layers\": [\(dense.joined(separator: ", \"\(try text("activation"))\", "))]}",
                inputShape: [dims[0]])
        }

        func numbers(_ member: String) throws -> [Double] { try #require(document[member]?.numbersForTest, "\(member)") }

        var parameters: [Double] {
            get throws {
                try #require(document["parameters"]?.elements).flatMap { layer in
                    try #require(layer["weight"]?.numbersForTest) + (try #require(layer["bias"]?.numbersForTest))
                }
            }
        }

        func data(_ x: String, _ y: String?) throws -> TrainingData {
            let inputs = try numbers(x)
            return TrainingData(rows: inputs.count / network.inputCount, inputs: inputs, targets: try y.map(numbers))
        }
    }

    private func expectNear(_ found: [Double], _ expected: [Double], _ what: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(found.count == expected.count, "\(what)", sourceLocation: sourceLocation)
        let scale = expected.reduce(0) { max($0, abs($1)) }
        let worst = zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(worst <= Self.tolerance * scale, "\(what): \(worst / scale) relative", sourceLocation: sourceLocation)
    }

    @Test(arguments: names)
    func outputsAndKernels(_ name: String) throws {
        let golden = try Case(name)
        let (x, test) = (try golden.numbers("x"), try golden.numbers("x_test"))
        let (n, m) = (x.count / golden.network.inputCount, test.count / golden.network.inputCount)
        let tape = NetworkTape<Double>(golden.network, capacity: n + m)
        let w = try golden.parameters
        let outputs = tape.outputs(w, x + test)
        expectNear(Array(outputs.prefix(n * golden.network.outputCount)), try golden.numbers("outputs"), "outputs")
        expectNear(Array(outputs.suffix(m * golden.network.outputCount)), try golden.numbers("test_outputs"), "test outputs")
        let factors = KernelFactors(tape, w)
        expectNear(factors.mean(0..<n, 0..<n), try golden.numbers("empirical_ntk_trace"), "mean kernel")
        expectNear(factors.mean(n..<n + m, 0..<n), try golden.numbers("empirical_ntk_test_train"), "test kernel")
        // The fixture has [n, n, k, k], the factors give [n, k, n, k].
        let k = golden.network.outputCount
        let expected = try golden.numbers("empirical_ntk_full")
        let full = factors.full(0..<n, 0..<n)
        let reordered = (0..<n * n * k * k).map { at in
            let (i, j, o, q) = (at / (n * k * k), at / (k * k) % n, at / k % k, at % k)
            return full[(i * k + o) * n * k + j * k + q]
        }
        expectNear(reordered, expected, "full kernel")
    }

    @Test(arguments: names)
    func training(_ name: String) throws {
        let golden = try Case(name)
        var plan = TrainingPlan(
            architecture: golden.network.architecture, inputShape: golden.network.inputShape, train: try golden.data("x", "y"),
            optimizer: .sgd(learningRate: try golden.numbers("learning_rate")[0], momentum: 0), steps: Int(try golden.numbers("steps")[0]))
        plan.test = try golden.data("x_test", nil)
        plan.parameters = try golden.parameters
        plan.tracked = [.weightDrift, .linearized, .outputs]
        plan.snapshotSteps = [plan.steps]
        let result = try #require(try sweep(plan).first)
        expectNear(result.records.loss, try golden.numbers("losses"), "losses")
        expectNear(result.records.drift.map { $0 / result.initialNorm }, try golden.numbers("weight_drift"), "drift")
        expectNear(result.records.linearLoss, try golden.numbers("linearized_losses"), "linearised losses")
        func last(_ values: [Double]) -> [Double] { Array(values.suffix(values.count / result.records.steps.count)) }
        expectNear(last(result.records.outputs), try golden.numbers("final_outputs"), "outputs")
        expectNear(last(result.records.testOutputs), try golden.numbers("final_test_outputs"), "test outputs")
        expectNear(last(result.records.linearOutputs), try golden.numbers("final_linearized_outputs"), "linearised outputs")
        expectNear(last(result.records.linearTestOutputs), try golden.numbers("final_linearized_test_outputs"), "linearised test outputs")
        #expect(try #require(result.linearizedDisagreement) < 1e-12)
        let x = try golden.numbers("x")
        let n = x.count / golden.network.inputCount
        let tape = NetworkTape<Double>(golden.network, capacity: n)
        _ = tape.outputs(result.snapshots, x)
        expectNear(
            KernelFactors(tape, result.snapshots).mean(0..<n, 0..<n), try golden.numbers("final_empirical_ntk_trace"), "final kernel")
    }
}

/// All runs of a plan in float64.
func sweep(_ plan: TrainingPlan, widths: [Int]? = nil, seeds: [UInt64] = [0], threads: Int = 2, _ observer: TrainingSweep.Observer = .init()) throws -> [RunResult] {
    let faults = Faults()
    let sweep = try #require(TrainingSweep(plan, widths: widths, seeds: seeds, faults: faults), "\(faults.all)")
    return try #require(try sweep.run(in: Double.self, threads: threads, observer))
}

extension JSONValue {
    /// All numbers of nested arrays, in order; of a number itself.
    var numbersForTest: [Double]? {
        switch self {
        case .tensor(let tensor): tensor.values
        case .number(let number): [number.value]
        default: elements.map { $0.flatMap { $0.numbersForTest ?? [] } }
        }
    }

    var stringForTest: String? { if case .string(let text) = self { text } else { nil } }
}
