import Architectures
import COpenBLAS
import Foundation
import InfiniteNetworks
import LinearAlgebra

// NNGP and NTK of a three-hidden-layer ReLU network on n rows, against one rank-k update (syrk) of the same matrix with
// the same number of threads in the same run. The results go to a freshly mapped file, so that the cost of touching new
// pages is in the figure, as it is in a job; and to fresh memory, which is where neural-tangents leaves its own.
//
// With `nonlinearities` first, the same for each nonlinearity instead (2000 64 2), or for those whose names are given.
//
// Usage: kernel-benchmark [nonlinearities [name ...]] [rows] [features] [threads]   (4000 784 2)

BLASKernels.restartIfOutdated()
let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let eachNonlinearity = CommandLine.arguments.dropFirst().first == "nonlinearities"
let rows = arguments.first ?? (eachNonlinearity ? 2000 : 4000)
let features = arguments.dropFirst().first ?? (eachNonlinearity ? 64 : 784)
let threads = arguments.dropFirst(2).first ?? 2
let repetitions = 5

func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    return try clock.measure(body) / .seconds(1)
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// A mapped file of the given size, gone when it is unmapped.
struct Scratch {
    let address: UnsafeMutableRawPointer
    let bytes: Int

    /// Fresh anonymous memory, which is where neural-tangents leaves its result.
    init(memory bytes: Int) throws {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        guard let address = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0), address != MAP_FAILED else {
            throw CocoaError(.fileWriteOutOfSpace)
        }
        self.address = address
        self.bytes = bytes
    }

    /// A file as a job's result is one.
    init(file bytes: Int) throws {
        var path = Array((FileManager.default.temporaryDirectory.path + "/kernel-benchmark-XXXXXX").utf8CString)
        let descriptor = mkstemp(&path)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
        defer { close(descriptor) }
        unlink(path)
        // Allocated, not sparse: a full disk is an error here rather than a bus error later, and the first touch of a
        // page costs a third.
        guard posix_fallocate(descriptor, 0, bytes) == 0,
            let address = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), address != MAP_FAILED
        else { throw CocoaError(.fileWriteOutOfSpace) }
        self.address = address
        self.bytes = bytes
    }

    func release() { munmap(address, bytes) }
}

/// Steele, Lea and Flood's SplitMix64: the same rows in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

func benchmark<Scalar: KernelScalar>(
    _ type: Scalar.Type, name: String, goal: Double,
    syrk: (UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void
) throws {
    var generator = SplitMix(state: 1)
    let x = (0..<rows * features).map { _ in Scalar(Double.random(in: -1...1, using: &generator)) }
    let dense = Layer(.dense(Dense(scales: AffineScales(weightStd: 2.0.squareRoot(), biasStd: 0.1))))
    let relu = Layer(.nonlinearity(.abRelu(a: 0, b: 1)))
    let stack = try DenseStack(
        Architecture(layers: [dense, relu, dense, relu, dense, relu, dense]), inputDimension: features)
    var (fileTimes, memoryTimes, syrkTimes): ([Double], [Double], [Double]) = ([], [], [])
    let bytes = rows * rows * MemoryLayout<Scalar>.stride
    try x.withUnsafeBufferPointer { x in
        guard let base = x.baseAddress else { return }
        func kernels(into scratch: Scratch) throws -> Double {
            defer { scratch.release() }
            let out = scratch.address.bindMemory(to: Scalar.self, capacity: 2 * rows * rows)
            let destinations = KernelDestinations<Scalar>(
                nngp: KernelArrays(kernel: out), ntk: KernelArrays(kernel: out + rows * rows))
            return try seconds {
                try stack.compute(
                    x1: MatrixView(base, rows: rows, columns: features), into: destinations, threads: threads)
            }
        }
        for _ in 0..<repetitions {
            fileTimes.append(try kernels(into: Scratch(file: 2 * bytes)))
            memoryTimes.append(try kernels(into: Scratch(memory: 2 * bytes)))
            let gram = UnsafeMutablePointer<Scalar>.allocate(capacity: rows * rows)
            gram.initialize(repeating: 0, count: rows * rows)
            openblas_set_num_threads(Int32(threads))
            syrkTimes.append(seconds { syrk(base, gram) })
            gram.deallocate()
        }
    }
    let (file, memory, reference) = (median(fileTimes), median(memoryTimes), median(syrkTimes))
    let figures = [file * 1e3, memory * 1e3, reference * 1e3].map { String(format: "%9.1f", $0) }.joined(separator: " | ")
    print("| \(name) | \(figures) | \(String(format: "%5.2f", file / reference)) | \(goal) |")
}

if eachNonlinearity {
    let names = CommandLine.arguments.dropFirst(2).filter { Int($0) == nil }
    try benchmarkNonlinearities(named: names, rows: rows, features: features, threads: threads)
    exit(0)
}

print("n = \(rows), d = \(features), 3 hidden ReLU layers, NNGP and NTK, \(threads) threads, medians of \(repetitions)")
print("| precision | into a file, ms | into memory, ms | syrk, ms | file / syrk | goal |")
print("|---|---|---|---|---|---|")
try benchmark(Double.self, name: "float64", goal: 3) { x, gram in
    cblas_dsyrk(
        CblasRowMajor, CblasUpper, CblasNoTrans, blasint(rows), blasint(features), 1, x, blasint(features), 0, gram,
        blasint(rows))
}
try benchmark(Float.self, name: "float32", goal: 3.5) { x, gram in
    cblas_ssyrk(
        CblasRowMajor, CblasUpper, CblasNoTrans, blasint(rows), blasint(features), 1, x, blasint(features), 0, gram,
        blasint(rows))
}
