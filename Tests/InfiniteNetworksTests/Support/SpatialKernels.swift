import Architectures
import InfiniteNetworks
import JSON
import LinearAlgebra

extension SpatialNetwork {
    /// Runs a computation with every include into arrays that start as NaN, so that an element left out is seen.
    func results<Scalar: KernelScalar>(
        _ x1: [[Double]], _ x2: [[Double]]? = nil, as type: Scalar.Type = Double.self, threads: Int = 2
    ) throws -> Results<Scalar> {
        let (rows, columns) = (x1.count, (x2 ?? x1).count)
        let size = rows * columns
        let perKind = 4 * size + rows
        var memory = [Scalar](repeating: .nan, count: 2 * perKind)
        let (first, second) = (x1.flatMap { $0.map(Scalar.init) }, (x2 ?? x1).flatMap { $0.map(Scalar.init) })
        try memory.withUnsafeMutableBufferPointer { memory in
            try first.withUnsafeBufferPointer { first in
                try second.withUnsafeBufferPointer { second in
                    guard let base = memory.baseAddress, let left = first.baseAddress, let right = second.baseAddress else {
                        return
                    }
                    func arrays(_ start: UnsafeMutablePointer<Scalar>) -> KernelArrays<Scalar> {
                        KernelArrays(
                            kernel: start, cosine: start + size, angle: start + 2 * size, distance: start + 3 * size,
                            diagonal: start + 4 * size)
                    }
                    try compute(
                        x1: MatrixView(left, rows: rows, columns: inputDimension),
                        x2: x2 == nil ? nil : MatrixView(right, rows: columns, columns: inputDimension),
                        into: KernelDestinations(nngp: arrays(base), ntk: arrays(base + perKind)), threads: threads)
                }
            }
        }
        func kind(_ start: Int) -> Results<Scalar>.Kind {
            func slice(_ index: Int) -> [Scalar] { Array(memory[(start + index * size)..<(start + (index + 1) * size)]) }
            return Results.Kind(
                kernel: slice(0), cosine: slice(1), angle: slice(2), distance: slice(3), layers: [],
                diagonal: Array(memory[(start + 4 * size)..<(start + perKind)]))
        }
        return Results(rows: rows, columns: columns, nngp: kind(0), ntk: kind(perKind))
    }
}

func conv(
    _ filter: [Int], strides: [Int]? = nil, _ padding: Padding = .same, weightStd: Double = 1.4, biasStd: Double = 0.1,
    sharing: Convolution.Sharing = .shared, trainable: Bool = true, channels: Int? = nil
) -> Layer {
    let scales = AffineScales(weightStd: weightStd, biasStd: biasStd, trainable: trainable)
    return Layer(
        .convolution(
            Convolution(
                sharing: sharing, channels: channels, filter: filter, strides: strides, padding: padding, scales: scales)))
}

let flatten = Layer(.flatten)
let globalAverage = Layer(.globalPool(.average))

/// Whether two arrays agree to a share of the largest element.
func expectNear<Scalar: BinaryFloatingPoint>(_ a: [Scalar], _ b: [Double], _ tolerance: Double) -> Bool {
    let largest = b.reduce(0) { max($0, abs($1)) }
    return a.count == b.count && zip(a, b).allSatisfy { abs(Double($0) - $1) <= tolerance * largest }
}
