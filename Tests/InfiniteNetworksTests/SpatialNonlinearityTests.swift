import Architectures
import InfiniteNetworks
import LinearAlgebra
import Testing

/// Every nonlinearity between convolutions, those among them that are integrated.
struct SpatialNonlinearityTests {
    /// The naive tensor takes the duals pair by pair, which have integrals to 40 digits for a witness (`DualTests`).
    @Test(arguments: closedForms + integrated)
    func agreesWithTheNaiveTensor(function: Nonlinearity) throws {
        var draw = NetworkDraw(seed: 301)
        let shape = [3, 4, 2]
        let (x1, x2) = (draw.images(2, shape), draw.images(2, shape))
        // Deviations near 1, so that polynomials and exponentials stay within reach of the tolerance.
        func layers(_ readout: Layer) -> [Layer] {
            let first = conv([2, 3], weightStd: 0.9, biasStd: 0.2)
            return [first, activation(function), conv([2, 2], .valid, weightStd: 0.5, biasStd: 0.1), activation(function), readout, dense(0.4, 0.1)]
        }
        for readout in [flatten, globalAverage] {
            let results = try SpatialNetwork(Architecture(layers: layers(readout)), inputShape: shape).results(x1, x2)
            for i in 0..<2 {
                for j in 0..<2 {
                    let reference = SpatialReference(layers(readout), shape, x1[i], x2[j])
                    let tolerance = integrated.contains(function) ? 1e-10 : 1e-11
                    let (nngp, ntk) = (results.nngp.kernel[2 * i + j], results.ntk.kernel[2 * i + j])
                    let scale = (results.nngp.diagonal[i] * abs(nngp)).squareRoot()
                    #expect(abs(nngp - reference.nngp) <= tolerance * max(abs(nngp), scale), "\(function) [\(i), \(j)]")
                    #expect(abs(ntk - reference.ntk) <= 10 * tolerance * results.ntk.diagonal[i], "\(function) [\(i), \(j)]")
                }
            }
        }
    }

    /// An image of one position is a vector, and a filter of one tap a dense layer.
    @Test(arguments: closedForms + integrated)
    func agreesWithDenseStacksOnOnePosition(function: Nonlinearity) throws {
        var draw = NetworkDraw(seed: 302)
        let x = draw.images(5, [6])
        let scales = (1.1, 0.2)
        func layers(_ affine: (Double, Double) -> Layer) -> [Layer] {
            [affine(scales.0, scales.1), activation(function), affine(0.5, 0.1), activation(function)]
        }
        let spatial = try SpatialNetwork(
            Architecture(layers: layers { conv([1, 1], weightStd: $0, biasStd: $1) } + [globalAverage, dense(0.4, 0.1)]),
            inputShape: [1, 1, 6]
        ).results(x)
        let stack = try DenseStack(Architecture(layers: layers { dense($0, $1) } + [dense(0.4, 0.1)]), inputDimension: 6)
            .results(x)
        let tolerance = integrated.contains(function) ? 1e-10 : 1e-12
        #expect(expectNear(spatial.nngp.kernel, stack.nngp.kernel, tolerance), "\(function)")
        #expect(expectNear(spatial.ntk.kernel, stack.ntk.kernel, tolerance), "\(function)")
    }

    @Test(arguments: [flatten, globalAverage])
    func reportsTheErrorOfQuadrature(readout: Layer) throws {
        func errors(_ function: Nonlinearity) throws -> [Double?] {
            var draw = NetworkDraw(seed: 303)
            let x = draw.images(3, [3, 3, 1]).flatMap(\.self)
            let network = try SpatialNetwork(
                Architecture(layers: [conv([3, 3]), activation(function), readout, dense()]), inputShape: [3, 3, 1])
            var out = [Double](repeating: .nan, count: 9)
            var runs: [Double?] = []
            try x.withUnsafeBufferPointer { x in
                try out.withUnsafeMutableBufferPointer { out in
                    try network.compute(
                        x1: MatrixView(try #require(x.baseAddress), rows: 3, columns: 9),
                        into: KernelDestinations(ntk: KernelArrays(kernel: out.baseAddress)), threads: 2,
                        report: { runs.append($0.quadratureError) })
                }
            }
            return runs
        }
        #expect(try errors(.gelu) == [nil])
        for function in integrated {
            let reports = try errors(function)
            #expect(reports.count == 1)
            let error = try #require(reports.compactMap(\.self).first)
            #expect(error > 0 && error <= 1e-10, "\(function): \(error)")
        }
    }

    /// Beyond convergence a kernel is refused by name; it does not overflow on the way to the end.
    @Test(arguments: [flatten, globalAverage])
    func divergenceNamesImageAndLayer(readout: Layer) throws {
        let layers = [conv([3, 3], weightStd: 1, biasStd: 0), activation(.gaussian(a: 1, b: 0.5)), readout, dense()]
        let network = try SpatialNetwork(Architecture(layers: layers), inputShape: [3, 3, 1])
        let (small, large) = ([Double](repeating: 0.5, count: 9), [Double](repeating: 2, count: 9))
        #expect(try network.results([small]).nngp.kernel[0].isFinite)
        for (x1, x2, input, row) in [([small, large], nil, KernelError.Input.x1, 1), ([small], [small, small, large], .x2, 2)] {
            do {
                _ = try network.results(x1, x2)
                Issue.record("a kernel that diverges was computed")
            } catch let error as KernelError {
                guard case .divergence(input, row, 1, "gaussian", _) = error else {
                    Issue.record("\(error)")
                    return
                }
            }
        }
    }

    @Test func overflowNamesTheLayer() throws {
        let layers = [conv([3, 3]), activation(.monomial(degree: 3)), conv([3, 3]), activation(.gelu), globalAverage, dense()]
        let network = try SpatialNetwork(Architecture(layers: layers), inputShape: [3, 3, 1])
        do {
            _ = try network.results([[Double](repeating: 1e80, count: 9)])
            Issue.record("a kernel that overflows was computed")
        } catch let error as KernelError {
            #expect(error == .overflow(.nngp, .x1, row: 0, layer: 1, name: "monomial"))
        }
    }

    /// What is integrated is refused beyond the deviations its rules are made for.
    @Test func refusesWhatNoRuleIsMadeFor() throws {
        let network = try SpatialNetwork(Architecture(layers: [conv([1, 1]), activation(.tanh), flatten, dense()]), inputShape: [1, 1, 1])
        #expect(throws: KernelError.self) { try network.results([[1e12]]) }
    }
}
