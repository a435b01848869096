import Architectures
import FiniteNetworks
import Foundation
import JSON
import LinearAlgebra

// The empirical NTK of 784-1024-1024-1024-10 ReLU in float32, the mean over outputs: the time at n = 128 beside the BLAS products of
// its passes, and time and memory at n = 2000.
//
// Usage: empirical-benchmark [rows...] [--threads N]   (128 2000, 2)

BLASKernels.restartIfOutdated()
let arguments = Array(CommandLine.arguments.dropFirst())
let threads = arguments.firstIndex(of: "--threads").flatMap { arguments.dropFirst($0 + 1).first.flatMap { Int($0) } } ?? 2
let given = arguments.prefix { $0 != "--threads" }.compactMap { Int($0) }
let (features, width, classes) = (784, 1024, 10)

/// Numbers between −1 and 1, the same in every run (a linear congruence is random enough here).
func numbers(_ count: Int) -> [Float] {
    var state: UInt64 = 1
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int64(bitPattern: state)) * 0x1p-63
    }
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    let time = (ContinuousClock.now - start).components
    return Double(time.seconds) + 1e-18 * Double(time.attoseconds)
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// The most memory that this process has had resident, in megabytes.
func peakMegabytes() -> Double {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Double($0) } ?? .nan) / 1024
}

/// The products that no order of computation avoids: forward passes, and backward ones of all outputs down to the first layer.
func passTime(rows: Int) -> (seconds: Double, operations: Double) {
    let a = numbers(classes * rows * width)
    let b = numbers(width * width)
    var c = [Float](repeating: 0, count: classes * rows * width)
    var operations = 0.0
    let time = seconds {
        func multiply(_ m: Int, _ n: Int, _ k: Int) {
            operations += 2 * Double(m * n * k)
            Float.product(a, transposed: false, b, transposed: false, into: &c, m: m, n: n, k: k, alpha: 1, beta: 0)
        }
        func passes() {
            for (inputs, outputs) in [(features, width), (width, width), (width, width), (width, classes)] { multiply(rows, outputs, inputs) }
            for outputs in [classes, width, width] { multiply(classes * rows, width, outputs) }
        }
        if threads > 1 { openBLAS(threads, passes) } else { passes() }
    }
    return (time, operations)
}

func openBLAS(_ threads: Int, _ body: () -> Void) { BLASThreads.with(threads) { body() } }

let dense = { Layer(.dense(Dense(width: $0, scales: AffineScales(weightStd: 1.4, biasStd: 0.1)))) }
let relu = Layer(.nonlinearity(.abRelu(a: 0, b: 1)))
let architecture = Architecture(layers: [dense(width), relu, dense(width), relu, dense(width), relu, dense(classes)])
guard let network = FiniteNetwork(architecture, inputShape: [features], faults: Faults()) else { exit(1) }
let parameters = network.initialParameters(seed: 0).map { Float($0) }

BLASThreads.callersAreParallel()
for rows in given.isEmpty ? [128, 2000] : given {
    let kernel = EmpiricalKernel<Float>(network, x1: numbers(rows * features), x2: nil, mode: .mean)
    let target = UnsafeMutablePointer<Float>.allocate(capacity: rows * rows)
    defer { target.deallocate() }
    var (times, products): ([Double], [Double]) = ([], [])
    var operations = 0.0
    // Alternating, so that a busy machine slows both.
    for _ in 0..<(rows <= 256 ? 15 : 3) {
        target.initialize(repeating: 0, count: rows * rows)
        times.append(try seconds { try kernel.compute(parameters, into: [.ntk: target], threads: threads) })
        guard rows <= 256 else { continue }
        let pass = passTime(rows: rows)
        products.append(pass.seconds)
        operations = pass.operations
    }
    var line = String(
        format: "784-1024-1024-1024-10, n = %d, mean, float32, %d threads: %.1f ms (best %.1f ms), peak memory of the process %.0f MB", rows, threads,
        median(times) * 1e3, (times.min() ?? .nan) * 1e3, peakMegabytes())
    if !products.isEmpty {
        line += String(
            format: "; its passes' products alone %.1f ms (%.0f GFLOP/s)", median(products) * 1e3, operations / median(products) / 1e9)
    }
    print(line)
}
