import Architectures
import JSON
import Testing

@testable import FiniteNetworks

struct NetworkTests {
    private func faults(_ layers: String, inputShape: [Int] = [4, 4, 2]) throws -> [Fault] {
        let faults = Faults()
        let architecture = ArchitectureParser.parse(try JSONParser.parse("{\"layers\": [\(layers)]}"), faults: faults)
        if let architecture { #expect(FiniteNetwork(architecture, inputShape: inputShape, faults: faults) == nil) }
        return faults.all
    }

    @Test(arguments: [
        ("{\"type\": \"conv_local\", \"channels\": 2, \"filter\": [2, 2]}", "/layers/0", "conv_local"),
        ("{\"type\": \"conv_transpose\", \"channels\": 2, \"filter\": [2, 2]}", "/layers/0", "conv_transpose"),
        ("{\"type\": \"dense\", \"width\": 3}, {\"type\": \"dropout\", \"keep_rate\": 0.5}", "/layers/1", "dropout"),
        ("{\"type\": \"attention\", \"heads\": 1, \"channels\": 2, \"key_channels\": 2, \"value_channels\": 2}", "/layers/0", "attention"),
        ("{\"type\": \"dense\", \"width\": 3}, \"exp_normalized\"", "/layers/1", "exp_normalized"),
        ("{\"type\": \"repeat\", \"times\": 2, \"layers\": [{\"type\": \"dropout\", \"keep_rate\": 0.5}]}", "/layers/0/layers/0", "dropout"),
        ("{\"type\": \"parallel\", \"combine\": \"product\", \"branches\": [[\"identity\"], [\"identity\"]]}", "/layers/0/combine", "product"),
        ("{\"type\": \"dense\"}", "/layers/0", "width"),
        ("{\"type\": \"conv\", \"channels\": 2, \"filter\": [5, 5]}", "/layers/0/filter", "larger"),
    ])
    func layersWithoutAFiniteFormAreRefusedByName(_ layers: String, _ pointer: String, _ word: String) throws {
        let found = try faults(layers)
        #expect(found.count == 1)
        #expect(found.first?.pointer.description == pointer)
        #expect(found.first?.detail.contains(word) == true, "\(found)")
    }

    /// What comes after a layer that is refused is not faulted for it, nor is a layer for every round of a `repeat`.
    @Test func aRefusedLayerIsTheOnlyFault() throws {
        let later = "{\"type\": \"avg_pool\", \"window\": [9, 9]}, \"global_avg_pool\", {\"type\": \"dense\", \"width\": 1}"
        for layer in ["{\"type\": \"attention\"}", "{\"type\": \"conv_transpose\", \"filter\": [2, 2], \"strides\": [2, 2]}"] {
            #expect(try faults("\(layer), \(later)").map(\.pointer.description) == ["/layers/0"], "\(layer)")
        }
        // A missing width leaves the extents as they are.
        #expect(try faults("{\"type\": \"dense\"}, \(later)").map(\.pointer.description) == ["/layers/0", "/layers/1/window"])
        let pool = "{\"type\": \"avg_pool\", \"window\": [60000, 60000], \"strides\": [1, 1], \"padding\": \"same\"}"
        #expect(try faults("{\"type\": \"repeat\", \"times\": 3, \"layers\": [\(pool), \(pool)]}, \(pool)").map(\.pointer.description) == ["/layers/0/layers/0"])
    }

    @Test func tooManyParametersAreRefusedAtTheirLayer() throws {
        let wide = "{\"type\": \"dense\", \"width\": 1000000000}"
        let found = try faults("\(wide), \(wide)", inputShape: [4])
        #expect(found.map(\.pointer.description) == ["/layers/1"])
        let filter = "{\"type\": \"conv\", \"channels\": 1000000, \"filter\": [65536, 65536], \"padding\": \"same\"}"
        #expect(try faults(filter).map(\.pointer.description) == ["/layers/0"])
        let window = "{\"type\": \"avg_pool\", \"window\": [60000, 60000], \"strides\": [1, 1], \"padding\": \"same\"}"
        #expect(try faults(window).map(\.pointer.description) == ["/layers/0"])
    }

    /// A few bytes of a document must not make gigabytes of tables, or positions that 32 bits do not number.
    @Test(arguments: [
        (#"{"type": "avg_pool", "window": [1, 1], "strides": [30000, 30000]}"#, [65536, 65536, 1], "/layers/0"),
        (#""layer_norm""#, [60000, 2000, 1], "/layers/0"),
        (#""global_avg_pool""#, [65536, 65536, 1], "/layers/0"),
        // The first takes half of all that there may be.
        (#"{"type": "avg_pool", "window": [64, 64], "strides": [1, 1], "padding": "same"}, {"type": "sum_pool", "window": [99, 79], "strides": [1, 1], "padding": "same"}"#,
         [100, 80, 1], "/layers/1"),
    ])
    func tablesOfPositionsAreBounded(_ layers: String, _ shape: [Int], _ pointer: String) throws {
        #expect(try faults(layers, inputShape: shape).map(\.pointer.description) == [pointer])
    }

    /// Layers that look alike share their tables: a hundred rounds take no more than one.
    @Test func roundsShareTheirTables() throws {
        let pool = #"{"type": "avg_pool", "window": [30, 30], "strides": [1, 1], "padding": "same"}"#
        let network = try network(#"{"layers": [{"type": "repeat", "times": 1000, "layers": [\#(pool), "layer_norm"]}]}"#, inputShape: [40, 40, 1])
        #expect(network.nodes.count == 2000)
    }

    @Test func parametersLieLayerByLayer() throws {
        let network = try network(
            "{\"layers\": [{\"type\": \"conv\", \"channels\": 3, \"filter\": [2, 3], \"bias_std\": 1}, \"relu\", \"flatten\", {\"type\": \"dense\", \"width\": 5}]}",
            inputShape: [4, 5, 2])
        #expect(network.layers.map(\.weight) == [0..<36, 39..<39 + 27 * 5])
        #expect(network.layers.map(\.bias) == [36..<39, nil])
        #expect(network.layers[0].weightShape == [2, 3, 2, 3])
        #expect(network.layers[1].weightShape == [27, 5])
        #expect(network.parameterCount == 39 + 135)
        #expect((network.inputCount, network.outputCount) == (40, 5))
    }

    /// The first numbers of seed 0, as they are on every machine.
    @Test func aSeedGivesTheSameNetworkEverywhere() throws {
        let ntk = try network("{\"layers\": [{\"type\": \"dense\", \"width\": 2, \"bias_std\": 1}]}", inputShape: [2])
        let drawn = ntk.initialParameters(seed: 0)
        #expect(drawn == ntk.initialParameters(seed: 0))
        #expect(drawn != ntk.initialParameters(seed: 1))
        #expect(drawn.map(\.bitPattern) == [
            13832523420480634278, 4599883223509843419, 13825640956095980631, 4598379054579041261, 4594514562836053622,
            13817803492597832359,
        ])
        let standard = try network(
            "{\"parameterization\": \"standard\", \"layers\": [{\"type\": \"dense\", \"width\": 2, \"weight_std\": 3, \"bias_std\": 0.5}]}", inputShape: [2])
        let factors = [Double](repeating: 3 / 2.0.squareRoot(), count: 4) + [0.5, 0.5]
        #expect(standard.initialParameters(seed: 0) == zip(drawn, factors).map { $0 * $1 })
    }

    /// Mean and variance of the three draws over many parameters, within 5 standard errors.
    @Test(arguments: ["ntk", "standard", "pytorch"])
    func drawsHaveTheirMoments(_ parameterization: String) throws {
        let scales = parameterization == "pytorch" ? "" : ", \"weight_std\": 1.5, \"bias_std\": 0.5"
        let network = try network(
            "{\"parameterization\": \"\(parameterization)\", \"layers\": [{\"type\": \"dense\", \"width\": 500\(scales)}]}", inputShape: [40])
        let drawn = network.initialParameters(seed: 3)
        let variances: (Double, Double) =
            switch parameterization {
            case "ntk": (1, 1)
            case "standard": (2.25 / 40, 0.25)
            default: (1 / 120.0, 1 / 120.0)
            }
        let weights = Array(drawn[network.layers[0].weight])
        let biases = Array(drawn[try #require(network.layers[0].bias)])
        for (values, variance) in [(weights, variances.0), (biases, variances.1)] {
            let n = Double(values.count)
            #expect(abs(values.reduce(0, +) / n) < 5 * (variance / n).squareRoot())
            // The variance of a sample variance is at most 2 σ⁴/n for these two distributions.
            #expect(abs(dot(values, values) / n - variance) < 5 * variance * (2 / n).squareRoot())
        }
        if parameterization == "pytorch" { #expect(drawn.allSatisfy { abs($0) < 1 / 40.0.squareRoot() }) }
    }

    /// As PyTorch names the modules of a Sequential that holds others.
    @Test func layersAreNamedByTheirPlaces() throws {
        let dense = "{\"type\": \"dense\", \"width\": 2}"
        let layers = "\(dense), {\"type\": \"parallel\", \"branches\": [[\"relu\", \(dense)], [\"identity\"], [{\"type\": \"serial\", \"layers\": [\(dense)]}]]}, {\"type\": \"repeat\", \"times\": 2, \"layers\": [\"relu\", \(dense)]}"
        let network = try network("{\"layers\": [\(layers)]}", inputShape: [3])
        #expect(network.layerNames == ["0", "1.0.1", "1.2.0.0", "2.0.1", "2.1.1"])
        #expect(network.layerNames.count == network.layers.count && !network.isSequential)
    }

    /// Channels-first libraries flatten [channels, positions]; a concat lays one flattened branch after the other.
    @Test func flattenedChannelsAreFollowed() throws {
        let conv = "{\"type\": \"conv\", \"channels\": 2, \"filter\": [1]}"
        func layers(_ combine: String, _ second: String) -> String {
            "{\"layers\": [{\"type\": \"parallel\", \"combine\": \"\(combine)\", \"branches\": [[\(conv), \"flatten\"], [\(second)]]}, {\"type\": \"dense\", \"width\": 1}]}"
        }
        let pooled = "\"global_avg_pool\", {\"type\": \"dense\", \"width\": 6}"
        let joined = try #require(try network(layers("concat", pooled), inputShape: [3, 1]).flattenedInputs?.last)
        // Channel 0 at positions 0 to 2, then channel 1; then those that were never flattened.
        #expect((0..<12).map { joined.place(ofChannelsFirst: $0) } == [0, 2, 4, 1, 3, 5, 6, 7, 8, 9, 10, 11])
        let summed = try #require(try network(layers("sum", "\(conv), \"flatten\", \"tanh\""), inputShape: [3, 1]).flattenedInputs?.last)
        #expect((0..<6).map { summed.place(ofChannelsFirst: $0) } == [0, 2, 4, 1, 3, 5])
        #expect(try network(layers("sum", pooled), inputShape: [3, 1]).flattenedInputs == nil)
        // Rows that no convolution has seen are flattened there as they are; images come with their channels first.
        let dense = "{\"type\": \"dense\", \"width\": 2}"
        func order(_ layers: String, _ shape: [Int]) throws -> [Int] {
            let last = try #require(try network("{\"layers\": [\(layers)]}", inputShape: shape).flattenedInputs?.last)
            return (0..<6).map { last.place(ofChannelsFirst: $0) }
        }
        let kept = Array(0..<6)
        #expect(try order("\"flatten\", \(dense)", [3, 2]) == kept)
        #expect(try order("\(dense), \"tanh\", \"flatten\", \(dense)", [3, 2]) == kept)
        #expect(try order("\"flatten\", \(dense)", [3, 1, 2]) == [0, 2, 4, 1, 3, 5])
        #expect(try order("\(dense), \"tanh\", \"flatten\", \(dense)", [3, 1, 2]) == kept)
        #expect(try order("\(conv), \"tanh\", \"flatten\", \(dense)", [3, 2]) == [0, 2, 4, 1, 3, 5])
    }
}
