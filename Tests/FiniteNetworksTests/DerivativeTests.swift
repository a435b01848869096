import Testing

@testable import FiniteNetworks

/// A small network for every layer, every parameterization and every way of putting them together.
struct SmallNetwork: CustomTestStringConvertible, Sendable {
    let name: String
    let inputShape: [Int]
    let document: String
    var testDescription: String { name }

    static func layers(_ name: String, _ shape: [Int], _ layers: String, _ parameterization: String = "ntk") -> SmallNetwork {
        SmallNetwork(name: name, inputShape: shape, document: "{\"parameterization\": \"\(parameterization)\", \"layers\": [\(layers)]}")
    }

    static let dense3 = "{\"type\": \"dense\", \"width\": 3, \"weight_std\": 1.4, \"bias_std\": 0.3}"
    static let conv = "{\"type\": \"conv\", \"channels\": 3, \"weight_std\": 1.2, \"bias_std\": 0.2, \"filter\": "
    static let nonlinearities = [
        "relu", "abs", "gelu", "rbf", "gabor", "tanh", "sigmoid", "softplus", "silu", "elu", "selu", "hard_tanh", "mish", "erf", "sin", "cos",
        "exp", "gaussian", "sigmoid_like", "sign",
    ].map { layers($0, [4], "\(dense3), \"\($0)\", \(dense3)") } + [
        "{\"type\": \"leaky_relu\", \"alpha\": 0.2}", "{\"type\": \"ab_relu\", \"a\": -0.5, \"b\": 0.8}",
        "{\"type\": \"monomial\", \"degree\": 3}", "{\"type\": \"rectified_monomial\", \"degree\": 2}",
        "{\"type\": \"polynomial\", \"coefficients\": [0.5, 1, -0.3]}", "{\"type\": \"hermite\", \"degree\": 3}",
    ].map { layers($0, [4], "\(dense3), \($0), \(dense3)") }

    static let structures = [
        layers("linear", [4], dense3),
        layers("standard", [4], "\(dense3), \"tanh\", \(dense3), \"relu\", \(dense3)", "standard"),
        layers("pytorch", [4], "{\"type\": \"dense\", \"width\": 5}, \"tanh\", {\"type\": \"dense\", \"width\": 2}", "pytorch"),
        layers("pytorch conv", [5, 4, 2], "{\"type\": \"conv\", \"channels\": 3, \"filter\": [3, 3]}, \"tanh\", \"flatten\", {\"type\": \"dense\", \"width\": 2}", "pytorch"),
        layers("no bias", [4], "{\"type\": \"dense\", \"width\": 4}, \"relu\", {\"type\": \"dense\", \"width\": 2}"),
        layers("conv valid", [5, 4, 2], conv + "[2, 3]}, \"tanh\", \"flatten\", \(dense3)"),
        layers("conv same", [5, 4, 2], conv + "[3, 2], \"padding\": \"same\"}, \"tanh\", \(conv)[3, 3], \"padding\": \"same\"}, \"flatten\", \(dense3)"),
        layers("conv same strided", [6, 5, 2], conv + "[3, 3], \"padding\": \"same\", \"strides\": [2, 3]}, \"relu\", \(conv)[2, 2]}"),
        layers("conv circular", [5, 4, 2], conv + "[3, 3], \"padding\": \"circular\"}, \"erf\", \(conv)[3, 2], \"padding\": \"circular\", \"strides\": [2, 1]}, \"flatten\", \(dense3)"),
        layers("conv sequence", [7, 2], conv + "[3], \"padding\": \"same\", \"strides\": [2]}, \"gelu\", \(conv)[2]}, \"global_avg_pool\", \(dense3)"),
        layers("dense over positions", [3, 3, 2], dense3 + ", \"tanh\", \"global_sum_pool\", \(dense3)"),
        layers("avg pool", [6, 4, 2], conv + "[3, 3], \"padding\": \"same\"}, \"tanh\", {\"type\": \"avg_pool\", \"window\": [2, 2]}, \"flatten\", \(dense3)"),
        layers("avg pool same", [5, 4, 2], conv + "[3, 3], \"padding\": \"same\"}, \"tanh\", {\"type\": \"avg_pool\", \"window\": [2, 3], \"padding\": \"same\", \"strides\": [1, 2]}, \"flatten\", \(dense3)"),
        layers("avg pool edges", [5, 4, 2], conv + "[3, 3], \"padding\": \"same\"}, \"tanh\", {\"type\": \"avg_pool\", \"window\": [2, 3], \"padding\": \"same\", \"normalize_edges\": true}, \"flatten\", \(dense3)"),
        layers("sum pool circular", [5, 4, 2], conv + "[3, 3], \"padding\": \"same\"}, \"tanh\", {\"type\": \"sum_pool\", \"window\": [2, 2], \"padding\": \"circular\", \"strides\": [1, 1]}, \"flatten\", \(dense3)"),
        layers("layer norm", [4], dense3 + ", {\"type\": \"layer_norm\", \"epsilon\": 0.01}, \"tanh\", \(dense3)"),
        layers("layer norm of images", [3, 4, 2], conv + "[2, 2], \"padding\": \"same\"}, {\"type\": \"layer_norm\", \"axes\": [1, 3], \"epsilon\": 0.01}, \"tanh\", {\"type\": \"layer_norm\", \"axes\": [1, 2, 3]}, \"flatten\", \(dense3)"),
        layers("residual", [3], dense3 + ", {\"type\": \"parallel\", \"branches\": [[\"relu\", \(dense3)], [\"identity\"]]}, \"tanh\", \(dense3)"),
        layers("shared input", [3], dense3 + ", {\"type\": \"parallel\", \"branches\": [[\"relu\"], [\"tanh\"], [\"identity\"], [\"identity\"]]}, \(dense3)"),
        layers("concat", [3], dense3 + ", {\"type\": \"parallel\", \"combine\": \"concat\", \"branches\": [[\"relu\", \(dense3)], [\"identity\"], [{\"type\": \"dense\", \"width\": 2}]]}, \"tanh\", \(dense3)"),
        layers("concat of images", [3, 3, 1], "{\"type\": \"parallel\", \"combine\": \"concat\", \"branches\": [[\(conv)[2, 2], \"padding\": \"same\"}], [\"identity\"]]}, \"tanh\", \"flatten\", \(dense3)"),
        layers("input read twice", [3], "{\"type\": \"parallel\", \"branches\": [[\(dense3)], [\"identity\"]]}, \"tanh\", \(dense3)"),
        layers("serial and repeat", [3], "{\"type\": \"repeat\", \"times\": 3, \"layers\": [\(dense3), \"erf\"]}, {\"type\": \"serial\", \"layers\": [\(dense3), \"identity\"]}"),
        layers("frozen", [4], "{\"type\": \"dense\", \"width\": 3, \"trainable\": false}, \"tanh\", \(dense3), \"tanh\", {\"type\": \"dense\", \"width\": 2, \"trainable\": false}"),
    ]
}

struct DerivativeTests {
    private func setUp(_ small: SmallNetwork) throws -> (NetworkTape<Double>, w: [Double], x: [Double], v: [Double], c: [Double]) {
        let network = try network(small.document, inputShape: small.inputShape)
        let examples = 3
        return (
            NetworkTape(network, capacity: examples), network.initialParameters(seed: 5), numbers(examples * network.inputCount, seed: 2),
            numbers(network.parameterCount, seed: 3), numbers(examples * network.outputCount, seed: 4)
        )
    }

    /// c·f(w) has the gradient that central differences show, coordinate by coordinate.
    @Test(arguments: SmallNetwork.nonlinearities + SmallNetwork.structures)
    func gradientMatchesFiniteDifferences(_ small: SmallNetwork) throws {
        let (tape, w, x, _, c) = try setUp(small)
        _ = tape.outputs(w, x)
        let gradient = tape.gradient(w, c)
        let step = 1e-5
        let scale = 1 + norm(gradient)
        for layer in tape.network.layers {
            for i in layer.parameters {
                var (above, below) = (w, w)
                above[i] += step
                below[i] -= step
                let difference = (dot(c, tape.outputs(above, x)) - dot(c, tape.outputs(below, x))) / (2 * step)
                let expected = layer.isTrainable ? difference : 0
                #expect(abs(gradient[i] - expected) < 2e-9 * scale, "parameter \(i)")
            }
        }
    }

    /// Forward mode: J v by central differences, and c·(J v) = (Jᵀ c)·v.
    @Test(arguments: SmallNetwork.nonlinearities + SmallNetwork.structures)
    func tangentsMatchFiniteDifferencesAndGradients(_ small: SmallNetwork) throws {
        var (tape, w, x, v, c) = try setUp(small)
        for layer in tape.network.layers where !layer.isTrainable { for i in layer.parameters { v[i] = 0 } }
        let step = 1e-5
        let (above, below) = (tape.outputs(moved(w, v, by: step), x), tape.outputs(moved(w, v, by: -step), x))
        _ = tape.outputs(w, x)
        let (first, second) = tape.tangents(w, v)
        let scale = 1 + norm(first) + norm(second)
        #expect(norm(minus(minus(above, below).map { $0 / (2 * step) }, first)) < 2e-9 * scale)
        #expect(abs(dot(c, first) - dot(tape.gradient(w, c), v)) < 1e-12 * scale)
        // The second derivative is the slope of the first one.
        _ = tape.outputs(moved(w, v, by: step), x)
        let later = tape.tangents(moved(w, v, by: step), v).first
        _ = tape.outputs(moved(w, v, by: -step), x)
        let earlier = tape.tangents(moved(w, v, by: -step), v).first
        #expect(norm(minus(minus(later, earlier).map { $0 / (2 * step) }, second)) < 1e-8 * scale)
    }

    /// Float follows Double to its own precision, through every pass.
    @Test(arguments: SmallNetwork.structures)
    func singlePrecisionAgrees(_ small: SmallNetwork) throws {
        let (tape, w, x, v, c) = try setUp(small)
        let single = NetworkTape<Float>(tape.network, capacity: tape.capacity)
        let (w32, x32, v32, c32) = (w.map { Float($0) }, x.map { Float($0) }, v.map { Float($0) }, c.map { Float($0) })
        func doubles(_ pointer: UnsafePointer<Float>, _ count: Int) -> [Double] { (0..<count).map { Double(pointer[$0]) } }
        func near(_ a: [Double], _ b: [Double]) -> Bool { norm(minus(a, b)) < 2e-5 * (1 + norm(b)) }
        let (count, size) = (tape.capacity, c.count)
        let outputs = tape.outputs(w, x)
        x32.withUnsafeBufferPointer { x32 in
            guard let base = x32.baseAddress else { return }
            #expect(near(doubles(single.forward(w32, base, count: count), size), outputs))
            let tangents = tape.tangents(w, v)
            let pushed = single.pushForward(w32, along: v32, curvature: true)
            #expect(near(doubles(pushed.first, size), tangents.first))
            if let second = pushed.second { #expect(near(doubles(second, size), tangents.second)) }
            var gradient = [Float](repeating: 0, count: w.count)
            single.backward(w32, outputDelta: c32, gradient: &gradient)
            #expect(near(gradient.map { Double($0) }, tape.gradient(w, c)))
        }
    }

    /// Blocks of patches and few rows are matters of speed only: one example at a time gives what all at once do.
    @Test(arguments: SmallNetwork.structures)
    func examplesDoNotInteract(_ small: SmallNetwork) throws {
        let network = try network(small.document, inputShape: small.inputShape)
        let examples = 21
        let (w, x) = (network.initialParameters(seed: 6), numbers(examples * network.inputCount, seed: 7))
        let c = numbers(examples * network.outputCount, seed: 8)
        let tape = NetworkTape<Double>(network, capacity: examples)
        let all = tape.outputs(w, x)
        let gradient = tape.gradient(w, c)
        var sum = [Double](repeating: 0, count: w.count)
        let single = NetworkTape<Double>(network, capacity: 1)
        for example in 0..<examples {
            let row = Array(x[example * network.inputCount..<(example + 1) * network.inputCount])
            let range = example * network.outputCount..<(example + 1) * network.outputCount
            #expect(norm(minus(single.outputs(w, row), Array(all[range]))) < 1e-13 * (1 + norm(all)))
            sum = moved(sum, single.gradient(w, Array(c[range])), by: 1)
        }
        #expect(norm(minus(sum, gradient)) < 1e-12 * (1 + norm(gradient)))
    }
}
