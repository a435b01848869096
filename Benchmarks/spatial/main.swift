import Architectures
import Foundation
import InfiniteNetworks
import LinearAlgebra

// NNGP and NTK of a deep 3x3 ReLU network on images of 32x32x3, pooled and flattened, and of one that pools in between;
// symmetric kernels; and a residual one.
//
// Usage: spatial-benchmark [layers] [pooled images] [flattened images] [threads]   (21 8 256 2)

BLASKernels.restartIfOutdated()
let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let depth = arguments.first ?? 21
let pooled = arguments.dropFirst().first ?? 8
let flattened = arguments.dropFirst(2).first ?? 256
let threads = arguments.dropFirst(3).first ?? 2
let repetitions = 3

/// Steele, Lea and Flood's SplitMix64: the same images in every run.
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

/// Time the processor spent on this process, all threads together: what a busy machine does not distort.
func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}

let scales = AffineScales(weightStd: 2.0.squareRoot(), biasStd: 0.1)
let block = [
    Layer(.convolution(Convolution(filter: [3, 3], padding: .same, scales: scales))), Layer(.nonlinearity(.abRelu(a: 0, b: 1))),
]

func network(_ readout: LayerKind) throws -> SpatialNetwork {
    let layers = (0..<depth).flatMap { _ in block } + [Layer(readout), Layer(.dense(Dense(scales: scales)))]
    return try SpatialNetwork(Architecture(layers: layers), inputShape: [32, 32, 3])
}

/// Four convolutions with pooling between them (Myrtle5 of arXiv 2003.02237), which mixes offset planes.
func pooledBetween() throws -> SpatialNetwork {
    let pool = Layer(.pool(Pool(operation: .average, window: [2, 2])))
    let layers = block + block + [pool] + block + [pool] + block
        + [Layer(.globalPool(.average)), Layer(.dense(Dense(scales: scales)))]
    return try SpatialNetwork(Architecture(layers: layers), inputShape: [32, 32, 3])
}

/// The wide residual network with one block in each of three groups, the second and third of stride 2: the preset
/// `wide_resnet` with 1 block a group.
func residual() throws -> SpatialNetwork {
    func convolution(_ filter: Int, _ stride: Int) -> Layer {
        Layer(.convolution(Convolution(filter: [filter, filter], strides: [stride, stride], padding: .same, scales: scales)))
    }
    let rectifier = Layer(.nonlinearity(.abRelu(a: 0, b: 1)))
    let blocks = [1, 2, 2].map { stride in
        let residual = [rectifier, convolution(3, stride), rectifier, convolution(3, 1)]
        return Layer(.parallel(branches: [residual, [convolution(1, stride)]], combine: .sum))
    }
    let layers = [convolution(3, 1)] + blocks + [rectifier, Layer(.globalPool(.average)), Layer(.dense(Dense(scales: scales)))]
    return try SpatialNetwork(Architecture(layers: layers), inputShape: [32, 32, 3])
}

func measure<Scalar: KernelScalar>(
    _ name: String, _ network: SpatialNetwork, _ images: Int, _ type: Scalar.Type
) throws -> [Scalar] {
    guard images > 0 else { return [] }
    var generator = SplitMix(state: 1)
    let x = (0..<images * 3072).map { _ in Scalar(Float.random(in: -1...1, using: &generator)) }
    var results = [Scalar](repeating: 0, count: 2 * images * images)
    var times: [Double] = [], busy: [Double] = []
    try x.withUnsafeBufferPointer { x in
        try results.withUnsafeMutableBufferPointer { results in
            guard let base = x.baseAddress, let out = results.baseAddress else { return }
            let destinations = KernelDestinations<Scalar>(
                nngp: KernelArrays(kernel: out), ntk: KernelArrays(kernel: out + images * images))
            for _ in 0..<repetitions {
                let clock = ContinuousClock(), processor = processorSeconds()
                defer { busy.append(processorSeconds() - processor) }
                times.append(
                    try clock.measure {
                        try network.compute(
                            x1: MatrixView(base, rows: images, columns: 3072), into: destinations, threads: threads)
                    } / .seconds(1))
            }
        }
    }
    let median = times.sorted()[times.count / 2], processor = busy.sorted()[busy.count / 2]
    let entries = Double(images * images), pairs = entries / 2 + Double(images) / 2
    let figures = [median * 1e3, median / entries * 1e3, processor / entries * 1e3, processor / pairs * 1e3]
        .map { String(format: "%9.4f", $0) }
    print("| \(name) | \(images) | " + figures.joined(separator: " | ") + " |")
    return results
}

func difference(_ narrow: [Float], _ wide: [Double]) -> Double {
    zip(narrow, wide).reduce(0) { max($0, abs(Double($1.0) - $1.1) / abs($1.1)) }
}

print("\(depth) layers 3x3 same ReLU, 32x32x3, NNGP and NTK, \(threads) threads, medians of \(repetitions)")
print("| network | images | ms | ms an entry | processor ms an entry | processor ms a pair |")
print("|---|---|---|---|---|---|")
for (name, network) in [("Myrtle5", try pooledBetween()), ("residual", try residual())] {
    let narrow = try measure("\(name), float32", network, min(pooled, 3), Float.self)
    let wide = try measure("\(name), float64", network, min(pooled, 3), Double.self)
    print("| \(name), largest relative difference of float32 | | \(difference(narrow, wide)) | | | |")
}
for (name, readout, images) in [("pooled", LayerKind.globalPool(.average), pooled), ("flattened", .flatten, flattened)] {
    let network = try network(readout)
    let narrow = try measure("\(name), float32", network, images, Float.self)
    let wide = try measure("\(name), float64", network, images, Double.self)
    print("| \(name), largest relative difference of float32 | | \(difference(narrow, wide)) | | | |")
}
