import Architectures
import Foundation
import InfiniteNetworks
import LinearAlgebra
import Testing

/// Inputs at the edges: scale, zero rows, rows that coincide, oppose or are parallel.
struct InputTests {
    private func network(_ function: Nonlinearity, bias: Double, depth: Int = 3) -> Architecture {
        Architecture(layers: [Layer(.repeat(times: depth, [dense(1.3, bias), activation(function)])), dense(1.1, bias)])
    }

    @Test(arguments: [1e-150, 1e-100, 1e150])
    func reluKernelsAreHomogeneous(scale: Double) throws {
        var generator = SplitMix(state: 7)
        let x = generator.matrix(20, 9)
        let stack = try DenseStack(network(.abRelu(a: 0, b: 1), bias: 0), inputDimension: 9)
        let (plain, scaled) = (try stack.results(x), try stack.results(x.map { $0.map { $0 * scale } }))
        for (one, other) in [(plain.nngp.kernel, scaled.nngp.kernel), (plain.ntk.kernel, scaled.ntk.kernel)] {
            for (a, b) in zip(one, other) { #expect(abs(b / scale / scale / a - 1) < 1e-12) }
        }
        for (a, b) in zip(plain.ntk.angle, scaled.ntk.angle) { #expect(abs(a - b) < 1e-7) }
    }

    @Test(arguments: boundedClosedForms + integrated, [1e-150, 1e150])
    func everyScaleIsFinite(function: Nonlinearity, scale: Double) throws {
        // What is integrated is refused beyond a deviation of 6.8e10.
        let scale = integrated.contains(function) ? min(scale, 100) : scale
        var generator = SplitMix(state: 8)
        var x = generator.matrix(9, 5).map { $0.map { $0 * scale } }
        x += [x[0], x[1].map(-), x[2].map { $0 * 3 }, [0, 0, 0, 0, 0]]
        for bias in [0, 0.1] {
            let results = try DenseStack(network(function, bias: bias), inputDimension: 5).results(x)
            for (name, kind) in [("nngp", results.nngp), ("ntk", results.ntk)] {
                let arrays = [kind.kernel, kind.cosine, kind.angle, kind.distance, kind.layers, kind.diagonal]
                for (array, values) in zip(["kernel", "cosine", "angle", "distance", "layers", "diagonal"], arrays) {
                    let place = values.firstIndex { !$0.isFinite }
                    #expect(place == nil, "\(name) \(array)")
                }
            }
        }
    }

    @Test(arguments: boundedClosedForms + integrated, [1e-40, 1e-30, 1e-15, 1e15])
    func everyScaleIsFiniteInSinglePrecision(function: Nonlinearity, scale: Double) throws {
        let scale = integrated.contains(function) ? min(scale, 100) : scale
        var generator = SplitMix(state: 10)
        var x = generator.matrix(6, 5).map { $0.map { $0 * scale } }
        x += [x[0], x[1].map(-), x[2].map { $0 * 3 }, [0, 0, 0, 0, 0]]
        for bias in [0, 0.1] {
            let results = try DenseStack(network(function, bias: bias), inputDimension: 5).results(x, as: Float.self)
            for (name, kind) in [("nngp", results.nngp), ("ntk", results.ntk)] {
                let arrays = [kind.kernel, kind.cosine, kind.angle, kind.distance, kind.layers, kind.diagonal]
                for (array, values) in zip(["kernel", "cosine", "angle", "distance", "layers", "diagonal"], arrays) {
                    let place = values.firstIndex { !$0.isFinite }
                    #expect(place == nil, "\(name) \(array)")
                }
            }
        }
    }

    /// With inputs this small a bias or a constant is all there is; with inputs this large erf is a sign.
    @Test func smallAndLargeLimits() throws {
        let x = [[1e-150, 0], [0, 1e-150]]
        let small = try DenseStack(network(.gelu, bias: 0.1, depth: 1), inputDimension: 2).results(x)
        let bare = NaiveReference(network(.gelu, bias: 0.1, depth: 1), [0, 0], [0, 0])
        for value in small.nngp.kernel { #expect(abs(value / bare.c - 1) < 1e-13) }
        let erf = Architecture(layers: [dense(), activation(.erf(a: 1, b: 1, c: 0))])
        let large = try DenseStack(erf, inputDimension: 2).results([[1e150, 0], [1e150, 1e150]])
        // E[sign u sign v] = 1 − 2θ/π with θ = π/4.
        #expect(abs(large.nngp.kernel[1] - 0.5) < 1e-14)
        #expect(abs(large.nngp.kernel[0] - 1) < 1e-14)
    }

    @Test(arguments: boundedClosedForms + integrated)
    func zeroRows(function: Nonlinearity) throws {
        let x: [[Double]] = [[0, 0, 0], [1, -2, 0.5], [0, 0, 0]]
        for bias in [0, 0.2] {
            let architecture = network(function, bias: bias)
            let results = try DenseStack(architecture, inputDimension: 3).results(x)
            for i in 0..<3 {
                for j in 0..<3 where (i == 1) != (j == 1) || (i != 1 && j != 1) {
                    let reference = NaiveReference(architecture, x[i], x[j])
                    #expect(abs(results.nngp.kernel[3 * i + j] - reference.c) <= 1e-12 * max(abs(reference.c), 1e-300))
                    // On the diagonal of two zero rows with a bias the reference has half the digits.
                    #expect(abs(results.ntk.kernel[3 * i + j] - reference.theta) <= 1e-7 * abs(reference.theta) + 1e-300)
                }
            }
        }
    }

    @Test func rowsWithoutVarianceHaveCosineZero() throws {
        let stack = try DenseStack(network(.abRelu(a: 0, b: 1), bias: 0), inputDimension: 2)
        let results = try stack.results([[0, 0], [1, 1]])
        #expect(results.nngp.cosine == [0, 0, 0, 1])
        #expect(results.ntk.cosine == [0, 0, 0, 1])
        #expect(results.nngp.angle[0] == .pi / 2 && results.ntk.angle[1] == .pi / 2)
        #expect(results.nngp.distance[0] == 0)
        #expect(abs(results.nngp.distance[1] - results.nngp.diagonal[1].squareRoot()) < 1e-15)
    }

    @Test(arguments: boundedClosedForms + integrated)
    func duplicateRowsMeetTheDiagonalBitForBit(function: Nonlinearity) throws {
        var generator = SplitMix(state: 9)
        var x = generator.matrix(30, 11)
        x.append(x[4])
        let results = try DenseStack(network(function, bias: 0.1), inputDimension: 11).results(x)
        for kind in [results.nngp, results.ntk] {
            #expect(kind.kernel[4 * 31 + 30] == kind.kernel[4 * 31 + 4])
            #expect(kind.diagonal[4] == kind.kernel[4 * 31 + 4])
            #expect(kind.angle[4 * 31 + 30] == 0)
            #expect(kind.distance[4 * 31 + 30] == 0)
            #expect(kind.cosine[4 * 31 + 30] == 1)
        }
    }

    /// x and −x: relu shares nothing between them without a bias, abs cannot tell them apart, erf only flips the sign.
    @Test func oppositeRows() throws {
        let x = [[0.3, -1.7, 0.2, 5], [-0.3, 1.7, -0.2, -5]]
        func results(_ function: Nonlinearity) throws -> Results<Double> {
            try DenseStack(Architecture(layers: [dense(1.3), activation(function)]), inputDimension: 4).results(x)
        }
        let relu = try results(.abRelu(a: 0, b: 1))
        #expect(relu.nngp.kernel[1] == 0 && relu.ntk.kernel[1] == 0)
        let abs = try results(.abRelu(a: -1, b: 1))
        #expect(abs.nngp.kernel[1] == abs.nngp.kernel[0] && abs.ntk.kernel[1] == abs.ntk.kernel[0])
        let erf = try results(.erf(a: 1, b: 1, c: 0))
        #expect(erf.nngp.kernel[1] == -erf.nngp.kernel[0])
        #expect(erf.ntk.kernel[1] == -erf.ntk.kernel[0])
    }

    /// Rows opposite but for 1e-9 keep the digits of a relu's small tangent kernel, as near rows keep theirs.
    @Test func nearlyOppositeRows() throws {
        let step = 1e-9
        let stack = try DenseStack(Architecture(layers: [dense(), relu]), inputDimension: 2)
        let results = try stack.results([[1, 0]], [[-1, step]])
        // θ = π − t with t = 1e-9 and √(pq) = 1/2: Θ = −t/(4π), and K = t³/(12π) is nothing beside √(pq).
        #expect(abs(results.ntk.kernel[0] / (-step / (4 * .pi)) - 1) < 1e-7)
        #expect(abs(results.nngp.kernel[0]) < 1e-16)
    }

    @Test func notFiniteIsRefusedWithItsPlace() throws {
        let stack = try DenseStack(network(.gelu, bias: 0), inputDimension: 2)
        #expect(throws: KernelError.notFinite(.x1, row: 1, column: 0)) { try stack.results([[1, 2], [.nan, 3]]) }
        #expect(throws: KernelError.notFinite(.x2, row: 0, column: 1)) { try stack.results([[1, 2]], [[1, .infinity]]) }
        let error = KernelError.notFinite(.x2, row: 0, column: 1)
        #expect(error.description == "x2 holds a value that is not finite at row 0, column 1")
    }

    @Test(arguments: integrated)
    func whatIsBeyondTheRulesIsRefused(function: Nonlinearity) throws {
        let stack = try DenseStack(Architecture(layers: [dense(), activation(function)]), inputDimension: 1)
        #expect(throws: KernelError.self) { try stack.results([[1], [1e12]]) }
        let gaussian = try DenseStack(Architecture(layers: [dense(), activation(.gaussian(a: 1, b: 0.1))]), inputDimension: 1)
        // 4 b p < 1 as long as x² < 2.5.
        _ = try gaussian.results([[1.5]])
        #expect {
            try gaussian.results([[1], [1.6]])
        } throws: { error in
            guard case KernelError.divergence(.x1, row: 1, layer: 1, name: "gaussian", _) = error else { return false }
            return "\(error)".contains("1 - 4 b p > 0") && "\(error)".contains("scale the inputs down")
        }
    }

    @Test func overflowIsRefusedWithItsLayer() throws {
        let stack = try DenseStack(network(.abRelu(a: 0, b: 1), bias: 0), inputDimension: 2)
        #expect(throws: KernelError.overflow(.nngp, .x1, row: 1, layer: 0, name: "dense")) {
            try stack.results([[1, 2], [1e200, 3]])
        }
        #expect(throws: KernelError.overflow(.nngp, .x1, row: 0, layer: 0, name: "dense")) {
            try stack.results([[1e30, 3]], as: Float.self)
        }
    }
}
