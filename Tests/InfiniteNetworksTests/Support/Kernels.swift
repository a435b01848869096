import Architectures
import InfiniteNetworks
import LinearAlgebra

/// Steele, Lea and Flood's SplitMix64: a property test prints its seed and can be run again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func matrix(_ rows: Int, _ columns: Int) -> [[Double]] {
        (0..<rows).map { _ in (0..<columns).map { _ in Double.random(in: -2...2, using: &self) } }
    }
}

/// Every array a computation can write, as plain values.
struct Results<Scalar: KernelScalar> {
    struct Kind {
        var kernel: [Scalar]
        var cosine: [Scalar]
        var angle: [Scalar]
        var distance: [Scalar]
        var layers: [Scalar]
        var diagonal: [Scalar]
    }

    let rows: Int
    let columns: Int
    var nngp: Kind
    var ntk: Kind
}

extension DenseStack {
    /// Runs a computation with every include into arrays that start as NaN, so that an element left out is seen.
    func results<Scalar: KernelScalar>(
        _ x1: [[Double]], _ x2: [[Double]]? = nil, as type: Scalar.Type = Double.self, threads: Int = 2
    ) throws -> Results<Scalar> {
        let (rows, columns) = (x1.count, (x2 ?? x1).count)
        let size = rows * columns
        let layers = layerNames.count
        let perKind = size * (4 + layers) + rows
        var memory = [Scalar](repeating: .nan, count: 2 * perKind)
        let (first, second) = (x1.flatMap { $0.map(Scalar.init) }, x2?.flatMap { $0.map(Scalar.init) })
        try memory.withUnsafeMutableBufferPointer { memory in
            try first.withUnsafeBufferPointer { first in
                try (second ?? first.map(\.self)).withUnsafeBufferPointer { second in
                    guard let base = memory.baseAddress, let left = first.baseAddress, let right = second.baseAddress else {
                        return
                    }
                    func arrays(_ start: UnsafeMutablePointer<Scalar>) -> KernelArrays<Scalar> {
                        KernelArrays(
                            kernel: start, cosine: start + size, angle: start + 2 * size, distance: start + 3 * size,
                            layers: start + 4 * size, diagonal: start + (4 + layers) * size)
                    }
                    try compute(
                        x1: MatrixView(left, rows: rows, columns: inputDimension),
                        x2: x2 == nil ? nil : MatrixView(right, rows: columns, columns: inputDimension),
                        into: KernelDestinations(nngp: arrays(base), ntk: arrays(base + perKind)), threads: threads)
                }
            }
        }
        func kind(_ start: Int) -> Results<Scalar>.Kind {
            func slice(_ offset: Int, _ count: Int) -> [Scalar] { Array(memory[(start + offset)..<(start + offset + count)]) }
            return Results.Kind(
                kernel: slice(0, size), cosine: slice(size, size), angle: slice(2 * size, size),
                distance: slice(3 * size, size), layers: slice(4 * size, layers * size),
                diagonal: slice((4 + layers) * size, rows))
        }
        return Results(rows: rows, columns: columns, nngp: kind(0), ntk: kind(perKind))
    }
}

func dense(_ weightStd: Double = 1, _ biasStd: Double = 0, width: Int? = nil, trainable: Bool = true) -> Layer {
    Layer(.dense(Dense(width: width, scales: AffineScales(weightStd: weightStd, biasStd: biasStd, trainable: trainable))))
}

func activation(_ nonlinearity: Nonlinearity) -> Layer { Layer(.nonlinearity(nonlinearity)) }

let relu = activation(.abRelu(a: 0, b: 1))
