import FiniteNetworks
import JSON
import Testing

@testable import Architectures
@testable import Service

@Suite struct ArchitectureDescriptionTests {
    private func describe(_ text: String) throws -> (document: JSONValue?, faults: [String]) {
        let faults = Faults()
        let reader = try #require(ObjectReader(try JSONParser.parse(text), at: .root, faults: faults))
        return (ArchitectureDescription(reader, threads: 2)?.json, faults.all.map(\.pointer.description))
    }

    /// Parameters as described are those of the finite network that is drawn.
    @Test(arguments: [
        (#"{"preset": "mlp", "bias_std": 0.1}"#, [5]), (#"{"preset": "cntk", "depth": 5}"#, [8, 8, 3]), (#"{"preset": "myrtle7"}"#, [16, 16, 3]),
        (#"{"preset": "wide_resnet", "depth": 10, "width_factor": 1, "bias_std": 1}"#, [8, 8, 3]),
        (#"{"parameterization": "pytorch", "layers": [{"type": "conv", "channels": 3, "filter": [3]}, "relu", {"type": "repeat", "times": 3, "layers": [{"type": "conv", "channels": 3, "filter": [2], "padding": "same"}]}, "flatten", {"type": "dense", "width": 2}]}"#, [9, 2]),
    ] as [(String, [Int])])
    func countsTheParametersOfTheFiniteNetwork(_ architecture: String, _ shape: [Int]) throws {
        let faults = Faults()
        let parsed = try #require(ArchitectureParser.parse(try JSONParser.parse(architecture), faults: faults))
        let network = try #require(FiniteNetwork(parsed, inputShape: shape, faults: faults))
        let (document, _) = try describe(#"{"architecture": \#(architecture), "input_shape": \#(shape)}"#)
        #expect(document?["parameters"] == .integer(network.parameterCount))
        #expect(document?["trainable_parameters"] == .integer(network.trainableRanges.reduce(0) { $0 + $1.count }))
    }

    /// A layer inside of a branch and the layer after it each have the extent that is kept after them.
    @Test func namesWhatIsKeptAfterEachLayer() throws {
        let layers = """
            [{"type": "conv", "filter": [3], "padding": "same"}, {"type": "parallel", "branches":
                [["relu", {"type": "repeat", "times": 2, "layers": [{"type": "conv", "filter": [1]}]}], ["identity"]]},
             {"type": "avg_pool", "window": [2]}, "relu", "flatten", "dense"]
            """
        let (document, faults) = try describe(#"{"architecture": {"layers": \#(layers)}, "input_shape": [6, 2]}"#)
        #expect(faults.isEmpty)
        let entries = try #require(document?["layers"]?.elements)
        let kept = entries.map { entry -> String in
            guard case .string(let name) = entry["type"], case .string(let kernel) = entry["kernel"] else { return "" }
            return "\(name) \(kernel)"
        }
        #expect(kept == [
            "conv full", "relu full", "conv full", "conv full", "repeat full", "identity full", "parallel full", "avg_pool diagonal",
            "relu diagonal", "flatten single", "dense single",
        ])
    }

    @Test func faultsOfTheDocumentAreRefused() throws {
        #expect(try describe(#"{"architecture": {"layers": ["reluu"]}, "input_shape": [2], "row": 3}"#).faults == ["/architecture/layers/0", "/row"])
        #expect(try describe(#"{"architecture": {"layers": [{"type": "conv", "filter": [3]}]}, "input_shape": [2, 1]}"#).faults == ["/architecture/layers/0/filter"])
        #expect(try describe(#"{"architecture": {"layers": ["dense"]}, "input_shape": [2], "columns": 3}"#).faults == ["/columns"])
    }
}
