import Architectures
import FiniteNetworks
import Foundation
import JSON
import LinearAlgebra

// A full-batch training step of 784-m-m-10 ReLU on 1000 rows in float32 beside the BLAS products it is made of, what recording
// at every step adds, and the post's whole experiment.
//
// Usage: training-benchmark [width...] [--threads N]   (1000 100, 2)

BLASKernels.restartIfOutdated()
let arguments = Array(CommandLine.arguments.dropFirst())
let threads = arguments.firstIndex(of: "--threads").flatMap { arguments.dropFirst($0 + 1).first.flatMap { Int($0) } } ?? 2
let given = arguments.prefix { $0 != "--threads" }.compactMap { Int($0) }
let widths = given.isEmpty ? [1000, 100] : given
let (rows, features, classes) = (1000, 784, 10)
let rounds = 5

/// Numbers between −1 and 1, the same in every run (a linear congruence is random enough here).
func numbers(_ count: Int) -> [Double] {
    var state: UInt64 = 1
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(Int64(bitPattern: state)) * 0x1p-63
    }
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    let time = (ContinuousClock.now - start).components
    return Double(time.seconds) + 1e-18 * Double(time.attoseconds)
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

func dense(_ width: Int) -> Layer { Layer(.dense(Dense(width: width, scales: AffineScales(weightStd: 1.4, biasStd: 0.1)))) }
let relu = Layer(.nonlinearity(.abRelu(a: 0, b: 1)))

func plan(width: Int, steps: Int, recordEvery: Int) -> TrainingPlan {
    let architecture = Architecture(layers: [dense(width), relu, dense(width), relu, dense(classes)])
    var plan = TrainingPlan(
        architecture: architecture, inputShape: [features],
        train: TrainingData(rows: rows, inputs: numbers(rows * features), targets: numbers(rows * classes)),
        optimizer: .sgd(learningRate: 0.01, momentum: 0), steps: steps)
    plan.recordEvery = recordEvery
    return plan
}

func sweepTime(_ plan: TrainingPlan) throws -> Double {
    guard let sweep = TrainingSweep(plan, widths: nil, seeds: [0], faults: Faults()) else { return .nan }
    return try seconds { _ = try sweep.run(in: Float.self, threads: threads) }
}

/// The time of a step: a long run less a short one, so that the start cancels.
func stepTime(width: Int, recordEvery: Int) throws -> Double {
    let (few, many) = width >= 500 ? (2, 22) : (10, 210)
    let short = try sweepTime(plan(width: width, steps: few, recordEvery: recordEvery))
    let long = try sweepTime(plan(width: width, steps: many, recordEvery: recordEvery))
    return (long - short) / Double(many - few)
}

/// The products of one step, alone: forward, gradients of weights, and deltas but for those of the inputs.
func productTime(width: Int) -> (seconds: Double, operations: Double) {
    let dimensions = [features, width, width, classes]
    let largest = max(rows, features, width)
    let buffers = (0..<3).map { _ in UnsafeMutablePointer<Float>.allocate(capacity: largest * largest) }
    defer { for buffer in buffers { buffer.deallocate() } }
    for buffer in buffers { for (i, value) in numbers(largest * largest).enumerated() { buffer[i] = Float(value) } }
    let (a, b, c) = (buffers[0], buffers[1], buffers[2])
    func step() {
        for (fanIn, fanOut) in zip(dimensions, dimensions.dropFirst()) {
            Float.product(a, transposed: false, b, transposed: false, into: c, m: rows, n: fanOut, k: fanIn, alpha: 1, beta: 0)
        }
        for (index, (fanIn, fanOut)) in zip(dimensions, dimensions.dropFirst()).enumerated() {
            Float.product(a, transposed: true, b, transposed: false, into: c, m: fanIn, n: fanOut, k: rows, alpha: 1, beta: 0)
            guard index > 0 else { continue }
            Float.product(a, transposed: false, b, transposed: true, into: c, m: rows, n: fanIn, k: fanOut, alpha: 1, beta: 0)
        }
    }
    var operations = 0.0
    for (index, (fanIn, fanOut)) in zip(dimensions, dimensions.dropFirst()).enumerated() {
        operations += 2 * Double(rows * fanIn * fanOut) * (index > 0 ? 3 : 2)
    }
    let repetitions = width >= 500 ? 10 : 100
    let time = seconds {
        for _ in 0..<repetitions {
            if threads > 1 { BLASThreads.with(threads) { step() } } else { step() }
        }
    }
    return (time / Double(repetitions), operations)
}

BLASThreads.callersAreParallel()
for width in widths {
    var (steps, recorded, products): ([Double], [Double], [Double]) = ([], [], [])
    var operations = 0.0
    // Alternating, so that a busy machine slows all three.
    for _ in 0..<rounds {
        steps.append(try stepTime(width: width, recordEvery: 1_000_000))
        let product = productTime(width: width)
        products.append(product.seconds)
        operations = product.operations
        recorded.append(try stepTime(width: width, recordEvery: 1))
    }
    let (step, product) = (median(steps), median(products))
    print(
        String(
            format: "784-%d-%d-10, %d rows, float32, %d threads: step %.2f ms, its products %.2f ms (%.1f GFLOP/s), rate %.2f of theirs; recording every step %+.1f %%",
            width, width, rows, threads, step * 1e3, product * 1e3, operations / product / 1e9,
            median(zip(products, steps).map { $0 / $1 }), 100 * (median(zip(recorded, steps).map { $0 / $1 }) - 1)))
}

// The post's experiment: 1-m-m-1, two points, three widths of twenty seeds.
var post = TrainingPlan(
    architecture: Architecture(parameterization: .pytorch, layers: [dense(10), relu, dense(10), relu, dense(1)]), inputShape: [1],
    train: TrainingData(rows: 2, inputs: [-3, 0.5], targets: [2, -1]), optimizer: .sgd(learningRate: 1e-3, momentum: 0), steps: 1000)
post.loss = .mean
post.stopAtLoss = 1e-10
if let sweep = TrainingSweep(post, widths: [10, 100, 1000], seeds: Array(0..<20), faults: Faults()) {
    let time = try seconds { _ = try sweep.run(in: Double.self, threads: threads) }
    print(String(format: "The post's experiment, 3 widths of 20 seeds, float64, %d threads: %.2f s", threads, time))
}
