import Architectures
import Foundation
import JSON
import Synchronization
import Testing

@testable import FiniteNetworks

/// A plan for a small problem: `rows` points in two dimensions with targets between −1 and 1.
func smallPlan(
    _ layers: String, parameterization: String = "ntk", rows: Int = 5, outputs: Int = 1, optimizer: Optimizer = .sgd(learningRate: 0.2, momentum: 0),
    steps: Int = 40
) throws -> TrainingPlan {
    let network = try network("{\"parameterization\": \"\(parameterization)\", \"layers\": [\(layers)]}", inputShape: [2])
    return TrainingPlan(
        architecture: network.architecture, inputShape: [2],
        train: TrainingData(rows: rows, inputs: numbers(rows * 2, seed: 11), targets: numbers(rows * outputs, seed: 12)), optimizer: optimizer,
        steps: steps)
}

let erfNetwork = "{\"type\": \"dense\", \"width\": 12, \"bias_std\": 0.3}, \"erf\", {\"type\": \"dense\", \"width\": 12}, \"relu\", {\"type\": \"dense\", \"width\": 2}"
let linearNetwork = "{\"type\": \"dense\", \"width\": 1, \"weight_std\": 1.3, \"bias_std\": 0.4}"
let everyOptimizer: [Optimizer] = [
    .sgd(learningRate: 0.1, momentum: 0), .sgd(learningRate: 0.05, momentum: 0.8), .adam(learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8),
]

struct TrainingTests {
    // MARK: Resuming

    /// Every checkpoint of a run leads to the result of the run itself, bit for bit.
    @Test(arguments: everyOptimizer, [nil, 2] as [Int?])
    func resumingChangesNothing(_ optimizer: Optimizer, batchSize: Int?) throws {
        var plan = try smallPlan(erfNetwork, outputs: 2, optimizer: optimizer)
        plan.batchSize = batchSize
        plan.tracked = [.weightDrift, .kernelDrift, .linearized, .outputs, .tangents]
        plan.tangentRows = [0, 3]
        plan.recordEvery = 3
        plan.snapshotSteps = [7, 40]
        plan.test = TrainingData(rows: 2, inputs: numbers(4, seed: 13), targets: numbers(4, seed: 14))
        try expectResumable(plan, widths: [6, 9], in: Double.self)
        try expectResumable(plan, widths: [6], in: Float.self)
    }

    @Test func resumingKeepsPathKernels() throws {
        var plan = try smallPlan("{\"type\": \"dense\", \"width\": 9}, \"tanh\", {\"type\": \"dense\", \"width\": 1}")
        plan.tracked = [.pathKernel]
        plan.centerOutputs = true
        plan.outputScale = 3
        try expectResumable(plan, widths: [5], in: Double.self)
    }

    private func expectResumable<Scalar: NetworkScalar>(_ plan: TrainingPlan, widths: [Int], in precision: Scalar.Type) throws {
        let sweep = try #require(TrainingSweep(plan, widths: widths, seeds: [3], faults: Faults()))
        let straight = try #require(try sweep.run(in: Scalar.self, threads: 1))
        let kept = Checkpoints()
        let watched = try #require(try sweep.run(in: Scalar.self, threads: 1, kept.observer))
        #expect(watched == straight)
        let all = kept.all
        #expect(all.count > 10)
        for bytes in [all[0], all[all.count / 3], all[all.count - 1]] {
            #expect(try sweep.run(in: Scalar.self, threads: 2, from: bytes) == straight)
        }
        // A damaged checkpoint, or none of ours, is as none.
        #expect(try sweep.run(in: Scalar.self, threads: 1, from: Array(all[2].dropLast(9))) == straight)
        #expect(try sweep.run(in: Scalar.self, threads: 1, from: [1, 2, 3]) == straight)
    }

    /// Keeps a checkpoint after every step.
    private final class Checkpoints: Sendable {
        private let bytes = Mutex<[[UInt8]]>([])
        var all: [[UInt8]] { bytes.withLock { $0 } }
        var observer: TrainingSweep.Observer {
            var observer = TrainingSweep.Observer()
            observer.isCheckpointDue = { true }
            observer.save = { checkpoint in self.bytes.withLock { $0.append(checkpoint) } }
            return observer
        }
    }

    @Test func threadsChangeNothing() throws {
        let plan = try smallPlan(erfNetwork, outputs: 2)
        let alone = try sweep(plan, widths: [4, 8], seeds: [1, 2, 3], threads: 1)
        #expect(try sweep(plan, widths: [4, 8], seeds: [1, 2, 3], threads: 3) == alone)
        #expect(alone.map(\.width) == [4, 4, 4, 8, 8, 8])
        #expect(alone.map(\.seed) == [1, 2, 3, 1, 2, 3])
    }

    @Test func aCancelledSweepHasNoResult() throws {
        let sweep = try #require(TrainingSweep(try smallPlan(erfNetwork, outputs: 2), widths: nil, seeds: [0], faults: Faults()))
        var observer = TrainingSweep.Observer()
        observer.isCancelled = { true }
        #expect(try sweep.run(in: Double.self, threads: 1, observer) == nil)
    }

    @Test func aFailureToSaveIsThrown() throws {
        struct Full: Error {}
        let sweep = try #require(TrainingSweep(try smallPlan(erfNetwork, outputs: 2), widths: [4, 5], seeds: [0], faults: Faults()))
        var observer = TrainingSweep.Observer()
        observer.isCheckpointDue = { true }
        observer.save = { _ in throw Full() }
        #expect(throws: Full.self) { try sweep.run(in: Double.self, threads: 2, observer) }
    }

    // MARK: Ends

    /// Also between the records of a run that looks at its whole set only there.
    @Test(arguments: [nil, 2] as [Int?])
    func parametersAreKeptAtTheStepsAskedFor(batchSize: Int?) throws {
        var plan = try smallPlan(erfNetwork, outputs: 2)
        plan.batchSize = batchSize
        plan.recordEvery = 10
        let without = try #require(try sweep(plan).first)
        plan.snapshotSteps = [0, 3, 40]
        let run = try #require(try sweep(plan).first)
        #expect(run.snapshotSteps == [0, 3, 40])
        #expect(run.snapshots.count == 3 * run.parameterCount)
        #expect(run.records == without.records, "looking changes nothing")
    }

    /// The weights of a run that diverged between two records may be no numbers; what it kept is.
    @Test(arguments: [nil, 2] as [Int?])
    func whatADivergedRunKeepsIsFinite(batchSize: Int?) throws {
        var plan = try smallPlan(erfNetwork, outputs: 2, optimizer: .sgd(learningRate: 1e120, momentum: 0))
        plan.batchSize = batchSize
        plan.recordEvery = 40
        plan.snapshotSteps = [0, 40]
        let run = try #require(try sweep(plan).first)
        #expect(run.stopReason == .diverged)
        #expect(run.snapshotSteps.first == 0)
        #expect(run.snapshots.count == run.snapshotSteps.count * run.parameterCount && run.snapshots.allSatisfy { $0.isFinite })
    }

    /// With all weights zero only the last layer's bias has a tangent, and without one nothing has.
    @Test func aKernelOfZerosHasNoRelativeChange() throws {
        var plan = try smallPlan("{\"type\": \"dense\", \"width\": 3}, \"tanh\", {\"type\": \"dense\", \"width\": 1}", steps: 3)
        plan.parameters = [Double](repeating: 0, count: 9)
        plan.tracked = [.kernelDrift]
        let run = try #require(try sweep(plan).first)
        #expect(run.records.kernelDrift.count == 4 && run.records.kernelDrift.allSatisfy(\.isNaN) && run.records.kernelAlignment.allSatisfy(\.isNaN))
        #expect(run.learningRateMax == nil && run.stopReason == .steps)
    }

    /// Units that are dead have moments of zero, which nothing divides by zero, also where float32 cannot hold epsilon.
    @Test func adamLeavesDeadUnitsAlone() throws {
        let optimizer = Optimizer.adam(learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-60)
        var dead = try smallPlan("{\"type\": \"dense\", \"width\": 4}, \"relu\", {\"type\": \"dense\", \"width\": 1, \"bias_std\": 1}", optimizer: optimizer)
        dead.parameters = [Double](repeating: 0, count: 8) + [Double](repeating: 1, count: 4) + [0]
        let faults = Faults()
        let networks = try #require(TrainingSweep(dead, widths: nil, seeds: [0], faults: faults), "\(faults.all)")
        let runs = [try networks.run(in: Double.self, threads: 1), try networks.run(in: Float.self, threads: 1)].compactMap { $0?.first }
        #expect(runs.count == 2)
        for run in runs {
            #expect(run.stopReason == .steps && run.records.loss.allSatisfy(\.isFinite))
            #expect(run.records.loss.last.map { $0 < run.records.loss[0] } == true)
        }
    }

    @Test func aRunStopsAtItsLoss() throws {
        var plan = try smallPlan(linearNetwork, rows: 2, steps: 10_000)
        plan.stopAtLoss = 1e-6
        plan.recordEvery = 7
        let run = try #require(try sweep(plan).first)
        #expect(run.stopReason == .loss)
        let last = try #require(run.records.loss.last)
        #expect(last <= 1e-6 && last > 1e-8)
        #expect(run.records.loss.dropLast().allSatisfy { $0 > 1e-6 })
    }

    /// On a network that is linear in its weights the largest learning rate is exactly that: below it the loss falls, above it
    /// the run diverges, keeps what it recorded and says so.
    @Test(arguments: [Loss.halfMean, .halfSum, .mean], [0, 0.6])
    func theLargestLearningRateIsSharp(_ loss: Loss, momentum: Double) throws {
        var plan = try smallPlan(linearNetwork, optimizer: .sgd(learningRate: 1e-9, momentum: momentum), steps: 1)
        plan.loss = loss
        let limit = try #require(try sweep(plan).first?.learningRateMax)
        plan.steps = 4000
        plan.optimizer = .sgd(learningRate: 0.99 * limit, momentum: momentum)
        let stable = try #require(try sweep(plan).first)
        #expect(stable.stopReason == .steps)
        #expect(try #require(stable.records.loss.last) < stable.records.loss[0])
        plan.optimizer = .sgd(learningRate: 1.01 * limit, momentum: momentum)
        let unstable = try #require(try sweep(plan).first)
        #expect(unstable.stopReason == .diverged)
        #expect(unstable.records.steps.count > 1)
        #expect(unstable.records.loss.allSatisfy { $0.isFinite })
    }

    // MARK: Parts

    @Test(arguments: Loss.allCases)
    func theLossHasItsGradient(_ loss: Loss) throws {
        let (n, k) = (4, 3)
        let outputs = numbers(n * k, seed: 3)
        let targets = loss == .crossEntropy ? (0..<n * k).map { $0 % k == $0 / k % k ? 1.0 : 0 } : numbers(n * k, seed: 4)
        func value(_ outputs: [Double]) -> Double {
            outputs.withUnsafeBufferPointer { o in targets.withUnsafeBufferPointer { loss.value(o, $0, outputs: k) } }
        }
        var gradient = [Double](repeating: 0, count: n * k)
        outputs.withUnsafeBufferPointer { o in
            targets.withUnsafeBufferPointer { t in
                gradient.withUnsafeMutableBufferPointer { loss.gradient(o, t, outputs: k, examples: n, into: $0) }
            }
        }
        for i in outputs.indices {
            var (above, below) = (outputs, outputs)
            above[i] += 1e-5
            below[i] -= 1e-5
            #expect(abs((value(above) - value(below)) / 2e-5 - gradient[i]) < 1e-9)
        }
    }

    @Test func crossEntropyIsOfSoftmax() {
        let (outputs, targets): ([Double], [Double]) = ([1, 2, 1000, 0], [0, 1, 1, 0])
        let value = outputs.withUnsafeBufferPointer { o in targets.withUnsafeBufferPointer { Loss.crossEntropy.value(o, $0, outputs: 2) } }
        #expect(abs(value - log(1 + exp(-1)) / 2) < 1e-15)
    }

    @Test func batchesGoThroughAllRowsInEveryEpoch() {
        var order = BatchOrder(rows: 7, size: 3, seed: 1)
        let epochs = (0..<4).map { epoch in (0..<3).map { order.rows(atStep: 3 * epoch + $0) } }
        for epoch in epochs {
            #expect(epoch.map(\.count) == [3, 3, 1])
            #expect(epoch.joined().sorted() == Array(0..<7))
        }
        #expect(Set(epochs).count == 4)
        var again = BatchOrder(rows: 7, size: 3, seed: 1)
        #expect(again.rows(atStep: 10) == epochs[3][1])
    }

    @Test func accuracyCountsTheLargestOutput() throws {
        var plan = try smallPlan("{\"type\": \"dense\", \"width\": 3}", rows: 6, outputs: 3, steps: 400)
        let classes = [0, 1, 2, 0, 1, 2]
        let inputs = classes.flatMap { c in [cos(2.1 * Double(c)), sin(2.1 * Double(c))] }
        let targets = classes.flatMap { c in (0..<3).map { ($0 == c ? 1 : 0) - 1 / 3.0 } }
        plan.train = TrainingData(rows: 6, inputs: inputs, targets: targets)
        plan.test = TrainingData(rows: 3, inputs: Array(inputs.prefix(6)), targets: [2, 1, 0].flatMap { Array(targets[$0 * 3..<$0 * 3 + 3]) })
        plan.isClassification = true
        let run = try #require(try sweep(plan).first)
        #expect(run.records.accuracy.last == 1)
        // The test rows have each other's classes, but for the one in the middle.
        #expect(run.records.testAccuracy.last == 1 / 3.0)
    }

    @Test func widthsReplaceHiddenLayersOnly() throws {
        func widths(_ layers: String) throws -> [Int] {
            let network = try network("{\"layers\": [\(layers)]}", inputShape: [4, 4, 3])
            let wide = try #require(FiniteNetwork(network.architecture.withHiddenWidth(7), inputShape: [4, 4, 3], faults: Faults()))
            return wide.layers.map(\.fanOut)
        }
        let (conv, dense) = ("{\"type\": \"conv\", \"channels\": 2, \"filter\": [3, 3], \"padding\": \"same\"}", "{\"type\": \"dense\", \"width\": 2}")
        #expect(try widths("\(conv), \"relu\", \(conv), \"relu\", \"flatten\", \(dense)") == [7, 7, 2])
        #expect(try widths("\(conv), {\"type\": \"parallel\", \"branches\": [[\"relu\", \(conv)], [\"identity\"]]}, \"flatten\", \(dense)") == [7, 7, 2])
        #expect(try widths("{\"type\": \"repeat\", \"times\": 2, \"layers\": [\(conv), \"relu\"]}, \(dense), {\"type\": \"serial\", \"layers\": [\"flatten\", \(dense)]}") == [7, 7, 7, 2])
        let single = try network("{\"layers\": [\(conv), \"relu\"]}", inputShape: [4, 4, 3])
        #expect(!single.architecture.hasHiddenLayers)
    }

    @Test func aWidthThatDoesNotFitIsAFault() throws {
        let network = try network("{\"layers\": [{\"type\": \"parallel\", \"branches\": [[{\"type\": \"dense\", \"width\": 2}], [\"identity\"]]}, {\"type\": \"dense\", \"width\": 1}]}", inputShape: [2])
        var plan = try smallPlan(linearNetwork)
        plan.architecture = network.architecture
        let faults = Faults()
        #expect(TrainingSweep(plan, widths: [2, 3], seeds: [0], faults: faults) == nil)
        #expect(faults.all.first?.pointer.description == "/layers/0")
    }

    @Test func powerLawsHaveTheirErrors() throws {
        let exact = try #require(PowerLaw([1.0, 10, 100, 1000].map { (x: $0, y: 3 * pow($0, -0.5)) }))
        #expect(abs(exact.slope + 0.5) < 1e-14 && abs(exact.intercept - log(3)) < 1e-13 && abs(exact.r2 - 1) < 1e-14)
        #expect(try #require(exact.slopeStandardError) < 1e-14)
        // log y = 0, 1, 1 at log x = 0, 1, 2: slope 1/2, residuals −1/6, 1/3, −1/6, so the error is √(1/6/2).
        let rough = try #require(PowerLaw([(x: 1, y: 1), (x: M_E, y: M_E), (x: M_E * M_E, y: M_E)]))
        #expect(abs(rough.slope - 0.5) < 1e-14)
        #expect(abs(try #require(rough.slopeStandardError) - (1 / 12.0).squareRoot()) < 1e-14)
        #expect(PowerLaw([(x: 1, y: 1), (x: 2, y: 2)])?.slopeStandardError == nil)
        #expect(PowerLaw([(x: 1, y: 1), (x: 1, y: 2)]) == nil)
        #expect(PowerLaw([(x: 1, y: 1), (x: 2, y: 0)]) == nil)
        // Two numbers, but one logarithm.
        #expect(PowerLaw([(x: 1e300, y: 1), (x: 1e300.nextUp, y: 2)]) == nil)
    }
}
