import Architectures
import Foundation
import InfiniteNetworks
import LinearAlgebra

/// NNGP and NTK of three hidden layers of each nonlinearity, float64, into memory already touched.
func benchmarkNonlinearities(named names: [String], rows: Int, features: Int, threads: Int) throws {
    let functions: [(String, Nonlinearity)] = [
        ("relu", .abRelu(a: 0, b: 1)), ("sign", .sign), ("erf", .erf(a: 1, b: 1, c: 0)), ("gelu", .gelu),
        ("sin", .sin(a: 1, b: 1, c: 0)), ("cos", .cos(a: 1, b: 1, c: 0)), ("rbf", .rbf(gamma: 1)), ("exp", .exp(a: 0.5, b: 0.5)),
        ("gaussian", .gaussian(a: 1, b: -1)), ("exp_normalized", .expNormalized(gamma: 1, shift: -1)), ("gabor", .gabor),
        ("monomial 3", .monomial(degree: 3)), ("rectified_monomial 2", .rectifiedMonomial(degree: 2)),
        ("polynomial of degree 3", .polynomial(coefficients: [0.1, 1, 0.2, -0.1])), ("hermite 3", .hermite(degree: 3)),
        ("tanh", .tanh), ("sigmoid", .sigmoid), ("softplus", .softplus), ("silu", .silu), ("mish", .mish),
        ("elu", .elu(alpha: 1)), ("selu", .selu), ("hard_tanh", .hardTanh),
    ]
    var generator = SplitMix(state: 2)
    let x = (0..<rows * features).map { _ in Double.random(in: -1...1, using: &generator) }
    var out = [Double](repeating: 0, count: 2 * rows * rows)
    print("n = \(rows), d = \(features), 3 hidden layers, NNGP and NTK, float64, \(threads) threads, medians of 5")
    print("| nonlinearity | ms |\n|---|---|")
    for (name, function) in functions where names.isEmpty || names.contains(name) {
        let hidden = [
            Layer(.dense(Dense(scales: AffineScales(weightStd: 1.1, biasStd: 0.1)))), Layer(.nonlinearity(function)),
        ]
        let layers = hidden + hidden + hidden + [hidden[0]]
        let stack = try DenseStack(Architecture(layers: layers), inputDimension: features)
        let times = try (0..<5).map { _ in
            try seconds {
                try x.withUnsafeBufferPointer { x in
                    try out.withUnsafeMutableBufferPointer { out in
                        guard let source = x.baseAddress, let target = out.baseAddress else { return }
                        let destinations = KernelDestinations<Double>(
                            nngp: KernelArrays(kernel: target), ntk: KernelArrays(kernel: target + rows * rows))
                        try stack.compute(
                            x1: MatrixView(source, rows: rows, columns: features), into: destinations, threads: threads)
                    }
                }
            }
        }
        print("| \(name) | \(String(format: "%.1f", median(times) * 1e3)) |")
    }
}
