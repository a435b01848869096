import Architectures
import Foundation
@testable import InfiniteNetworks
import JSON
import LinearAlgebra
import Testing

/// Branches, layer normalization and dropout beyond the golden files.
struct BranchTests {
    private func parallel(_ combine: Combination, _ branches: [Layer]...) -> Layer {
        Layer(.parallel(branches: branches, combine: combine))
    }

    /// A sum inside a product inside a concat, with a residual, in both parameterisations.
    private func nested(_ parameterization: Parameterization) -> Architecture {
        let sum = parallel(.sum, [dense(1.2, 0.1, width: 32), relu, dense(0.9, 0.1, width: 16)], [Layer(.identity)])
        let product = parallel(
            .product, [dense(1.1, 0.3, width: 16), sum, relu], [dense(0.8, 0.2, width: 16), activation(.erf(a: 1, b: 1, c: 0))],
            [dense(1, 0.5, width: 16), activation(.cos(a: 1, b: 1, c: 0.2))])
        let concat = parallel(
            .concat, [product, dense(1.3, 0.1, width: 24)], [dense(0.7, 0.4, width: 8), activation(.gelu)])
        return Architecture(
            parameterization: parameterization,
            layers: [
                dense(1.3, 0.1, width: 64), concat, dense(1.1, 0.2, width: 40), Layer(.layerNorm(LayerNorm(epsilon: 0.01))),
                relu, dense(1, 0.1),
            ])
    }

    @Test(arguments: [Parameterization.ntk, .standard])
    func nestedBranchesAgreeWithTheNaiveLoop(parameterization: Parameterization) throws {
        var generator = SplitMix(state: 61)
        let x = generator.matrix(40, 6)
        let architecture = nested(parameterization)
        let results = try DenseStack(architecture, inputDimension: 6).results(x, threads: 2)
        for i in x.indices {
            for j in x.indices where i != j {
                let reference = NaiveReference(architecture, x[i], x[j])
                #expect(abs(results.nngp.kernel[40 * i + j] - reference.c) < 1e-12 * abs(reference.c))
                #expect(abs(results.ntk.kernel[40 * i + j] - reference.theta) < 1e-12 * abs(reference.theta))
            }
        }
        let single = try DenseStack(architecture, inputDimension: 6).results(x, as: Float.self)
        for (a, b) in zip(single.ntk.kernel, results.ntk.kernel) { #expect(abs(Double(a) - b) < 1e-5 * abs(b)) }
    }

    /// A sum's branches are equally wide, so one that does not say how wide it is takes nothing from the others.
    @Test func aSumIsAsWideAsWhicheverBranchSaysSo() throws {
        var generator = SplitMix(state: 63)
        let x = generator.matrix(5, 4)
        let kernels = try [nil, 4].map { width in
            let branches = [[Layer(.identity)], [relu, dense(1.1, 0.2, width: width)]]
            let layers = [dense(1.3, 0.1, width: 4), Layer(.parallel(branches: branches, combine: .sum)), relu, dense(1, 0.1)]
            return try DenseStack(Architecture(parameterization: .standard, layers: layers), inputDimension: 4).results(x).ntk.kernel
        }
        #expect(kernels[0] == kernels[1])
    }

    @Test func branchesMeetTheDiagonalAndStayPositive() throws {
        var generator = SplitMix(state: 62)
        var x = generator.matrix(50, 6)
        x += [x[7], [0, 0, 0, 0, 0, 0]]
        let results = try DenseStack(nested(.ntk), inputDimension: 6).results(x)
        let n = x.count
        for kind in [results.nngp, results.ntk] {
            #expect(kind.kernel[7 * n + 50] == kind.kernel[7 * n + 7])
            #expect(kind.angle[7 * n + 50] == 0)
            #expect(kind.kernel.allSatisfy { $0.isFinite })
        }
        let excess = zip(results.ntk.kernel, results.nngp.kernel).map { $0 - $1 }
        for matrix in [results.nngp.kernel, excess] {
            let spectrum = try matrix.withUnsafeBufferPointer {
                try Spectrum(of: MatrixView(try #require($0.baseAddress), rows: n, columns: n))
            }
            #expect(try #require(spectrum.smallest) > -1e-13 * (try #require(spectrum.largest)))
        }
    }

    /// An example shares its mask with itself only: not with an equal row, nor with itself in x2.
    @Test func dropoutKnowsExamplesByPlace() throws {
        let x: [[Double]] = [[1, 2], [1, 2], [0.5, -1]]
        let layers = [dense(), relu, Layer(.dropout(keepRate: 0.8)), dense()]
        let with = try DenseStack(Architecture(layers: layers), inputDimension: 2)
        let without = try DenseStack(Architecture(layers: [layers[0], relu, dense()]), inputDimension: 2)
        let (dropped, kept) = (try with.results(x), try without.results(x))
        for (a, b) in [(dropped.nngp, kept.nngp), (dropped.ntk, kept.ntk)] {
            for index in 0..<9 {
                let factor = index % 4 == 0 ? 1.25 : 1
                #expect(abs(a.kernel[index] - factor * b.kernel[index]) < 1e-15 * a.diagonal[0])
            }
            #expect(abs(a.cosine[1] - 0.8) < 1e-15 && a.cosine[0] == 1)
        }
        let rectangular = try with.results(x, x)
        for (a, b) in zip(rectangular.ntk.kernel, kept.ntk.kernel) { #expect(abs(a - b) < 1e-14 * abs(b) + 1e-16) }
    }

    @Test func layerNormalizationForgetsTheScale() throws {
        let network = Architecture(layers: [dense(), Layer(.layerNorm(LayerNorm())), relu, dense()])
        let x: [[Double]] = [[1, 2], [0.5, -1]]
        let stack = try DenseStack(network, inputDimension: 2)
        let (plain, scaled) = (try stack.results(x), try stack.results(x.map { $0.map { $0 * 1e3 } }))
        for (a, b) in zip(plain.ntk.kernel, scaled.ntk.kernel) { #expect(abs(a - b) < 1e-11) }
        #expect(try stack.results([[0, 0]]).nngp.kernel == [0])
    }

    @Test func whatDoesNotCombineIsRefused() {
        func faults(_ layers: [Layer]) -> [Fault] {
            do {
                _ = try DenseStack(Architecture(layers: layers), inputDimension: 2)
                return []
            } catch { return error.faults }
        }
        let sum = faults([dense(), parallel(.sum, [dense(), relu], [Layer(.identity)]), dense()])
        #expect(sum.count == 1 && sum.first?.detail.contains("'sum' wants a Gaussian input") == true)
        let concat = faults([parallel(.concat, [dense(), relu], [dense(width: 3), relu]), dense()])
        #expect(concat.count == 1 && concat.first?.detail.contains("widths") == true)
        let product = faults([parallel(.product, [dense(), relu], [dense()]), relu, dense()])
        #expect(product.first?.detail.contains("after a product") == true)
        #expect(faults([Layer(.layerNorm(LayerNorm())), dense()]).first?.detail.contains("the raw input") == true)
    }

    @Test func theErrorOfQuadraturesIsReported() throws {
        func error(_ function: Nonlinearity, scale: Double) throws -> Double? {
            let stack = try DenseStack(Architecture(layers: [dense(), activation(function), dense()]), inputDimension: 1)
            var run: KernelRun?
            let (x, out) = ([scale, -scale / 2], [0.0, 0, 0, 0])
            var target = out
            try x.withUnsafeBufferPointer { x in
                try target.withUnsafeMutableBufferPointer { target in
                    try stack.compute(
                        x1: MatrixView(try #require(x.baseAddress), rows: 2, columns: 1),
                        into: KernelDestinations(ntk: KernelArrays(kernel: target.baseAddress)), report: { run = $0 })
                }
            }
            return try #require(run).quadratureError
        }
        #expect(try error(.gelu, scale: 1) == nil)
        for function in integrated {
            for scale in [1e-3, 1, 5, 50] {
                let achieved = try #require(try error(function, scale: scale))
                print("\(function) at \(scale): \(achieved)")
                #expect(achieved < 1e-10)
            }
        }
    }
}
