import JSON
import Testing

@testable import Architectures

@Suite struct PresetTests {
    private func expand(_ document: String) throws -> (architecture: Architecture?, faults: [Fault]) {
        let faults = Faults()
        let architecture = ArchitectureParser.parse(try JSONParser.parse(document), faults: faults)
        return (architecture, faults.all)
    }

    private func architecture(_ document: String) throws -> Architecture {
        let (architecture, faults) = try expand(document)
        #expect(faults.isEmpty, "\(faults.map(\.line))")
        return try #require(architecture)
    }

    /// The type names with `repeat` and branches written out.
    private func names(_ layers: [Layer]) -> [String] {
        layers.flatMap { layer in
            if case .parallel(let branches, _) = layer.kind { branches.flatMap(names) } else { [layer.typeName] }
        }
    }

    /// Each preset, an input it is meant for, how many layers have weights, and how many nonlinearities there are.
    static let expansions: [(String, [Int], weights: Int, nonlinearities: Int)] = [
        (#"{"preset":"mlp"}"#, [10], 4, 3),
        (#"{"preset":"mlp","depth":7}"#, [8, 8, 3], 8, 7),
        (#"{"preset":"cntk"}"#, [32, 32, 3], 21, 20),
        (#"{"preset":"cntk","depth":2}"#, [4, 4, 1], 2, 1),
        (#"{"preset":"cntk","depth":11,"pooling":"none","padding":"circular"}"#, [8, 8, 3], 11, 10),
        (#"{"preset":"myrtle5"}"#, [32, 32, 3], 5, 4),
        (#"{"preset":"myrtle7"}"#, [32, 32, 3], 7, 6),
        (#"{"preset":"myrtle10"}"#, [32, 32, 3], 10, 9),
        // 6 n + 4 with its three 1 x 1 shortcuts, the first convolution and the dense layer.
        (#"{"preset":"wide_resnet"}"#, [32, 32, 3], 29, 25),
        (#"{"preset":"wide_resnet","depth":10,"width_factor":1}"#, [32, 32, 3], 11, 7),
    ]

    @Test(arguments: expansions)
    func hasTheDepthItPromises(_ document: String, _ input: [Int], _ weights: Int, _ nonlinearities: Int) throws {
        let architecture = try architecture(document)
        let names = names(architecture.layers)
        #expect(names.count { ["dense", "conv"].contains($0) } == weights)
        #expect(names.count { $0 == "relu" } == nonlinearities)
        for purpose in [Purpose.infiniteKernel, .finiteNetwork] {
            let faults = Faults()
            let trace = ShapeInference.infer(architecture, inputShape: input, at: .root, for: purpose, faults: faults)
            GaussianInputs.check(architecture, faults: faults)
            #expect(faults.isEmpty, "\(faults.all.map(\.line))")
            #expect(trace?.output.positions == [])
        }
    }

    /// Its canonical form is a document of layers that reads as the same network.
    @Test(arguments: expansions.map(\.0))
    func isADocumentOfLayers(_ document: String) throws {
        let expanded = try architecture(document)
        let faults = Faults()
        let again = ArchitectureParser.parse(expanded.json, faults: faults)
        #expect(faults.isEmpty)
        #expect(again?.json == expanded.json)
    }

    @Test func writesOutAShortOne() throws {
        let document = #"{"preset":"cntk","depth":3,"channels":8,"outputs":2,"nonlinearity":"erf","weight_std":1.5,"bias_std":0.1}"#
        let text = String(decoding: try architecture(document).json.serialized(), as: UTF8.self)
        let convolution = #"{"type":"conv","channels":8,"filter":[3,3],"strides":[1,1],"padding":"same","weight_std":1.5,"bias_std":0.1,"trainable":"#
        let erf = #"{"type":"erf","a":1,"b":1,"c":0}"#
        #expect(text == #"{"parameterization":"ntk","layers":[\#(convolution)false},\#(erf),\#(convolution)true},\#(erf),"global_avg_pool","#
            + #"{"type":"dense","width":2,"weight_std":1.5,"bias_std":0.1,"trainable":false}]}"#)
    }

    @Test(arguments: [
        (#"{"preset":"cntk","depth":1}"#, "/depth", "from 2 to 1000"),
        (#"{"preset":"cntk","pooling":"max"}"#, "/pooling", "global_avg"),
        (#"{"preset":"cntk","deph":3}"#, "/deph", "did you mean \"depth\""),
        (#"{"preset":"cntkk"}"#, "/preset", "did you mean \"cntk\""),
        (#"{"preset":"vgg"}"#, "/preset", "known are mlp, cntk"),
        (#"{"preset":3}"#, "/preset", "a string"),
        (#"{"preset":"mlp","layers":["relu"]}"#, "/layers", "leave layers out"),
        (#"{"preset":"mlp","nonlinearity":"dense"}"#, "/nonlinearity", "no nonlinearity"),
        (#"{"preset":"mlp","nonlinearity":"rellu"}"#, "/nonlinearity", "did you mean \"relu\""),
        (#"{"preset":"mlp","nonlinearity":{"type":"elu","alpa":1}}"#, "/nonlinearity/alpa", "alpha"),
        (#"{"preset":"mlp","weight_std":0}"#, "/weight_std", "above 0"),
        (#"{"preset":"mlp","parameterization":"pytorch","weight_std":1}"#, "/weight_std", "fixes how weights are drawn"),
        (#"{"preset":"wide_resnet","depth":12}"#, "/depth", "take 10 or 16"),
        (#"{"preset":"wide_resnet","depth":27}"#, "/depth", "take 22 or 28"),
    ])
    func refusesWithThePlace(_ document: String, _ pointer: String, _ words: String) throws {
        let (architecture, faults) = try expand(document)
        #expect(architecture == nil)
        #expect(faults.count == 1)
        let fault = try #require(faults.first)
        #expect(fault.pointer.description == pointer && fault.detail.contains(words), "\(fault.line)")
    }

    /// What does not fit inside an expansion is a fault of the member that named it.
    @Test func faultsOfAnExpansionPointAtThePreset() throws {
        let faults = Faults()
        let architecture = try architecture(#"{"preset":"myrtle5"}"#)
        _ = ShapeInference.infer(architecture, inputShape: [3, 3, 3], at: .root, for: .infiniteKernel, faults: faults)
        #expect(faults.all.map(\.pointer.description) == ["/preset"])
        #expect(faults.all.first?.detail.contains("avg_pool is larger than its input [1, 1, 128]") == true, "\(faults.all.map(\.line))")
    }

    @Test func aListDescribesEachOfThem() throws {
        #expect(Presets.descriptions.map(\.name) == ["mlp", "cntk", "myrtle5", "myrtle7", "myrtle10", "wide_resnet"])
        for description in Presets.descriptions {
            // The description's own members with their defaults give the network of its name alone.
            var document = JSONObject([(name: "preset", value: .string(description.name))])
            for member in description.members where member.default != .null { document[member.name] = member.default }
            let faults = Faults()
            let architecture = ArchitectureParser.parse(.object(document), faults: faults)
            #expect(faults.isEmpty, "\(faults.all.map(\.line))")
            #expect(architecture?.json == description.architecture.json)
        }
    }
}
