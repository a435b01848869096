import JSON
import Testing

@testable import Architectures

@Suite struct ArchitectureParserTests {
    /// Each layer as a client may write it, and in its canonical form with every default.
    static let layers: [(String, String)] = [
        (#""dense""#, #"{"type":"dense","weight_std":1,"bias_std":0,"trainable":true}"#),
        (#"{"type":"dense","width":3,"weight_std":1.5,"bias_std":0.1,"trainable":false}"#,
         #"{"type":"dense","width":3,"weight_std":1.5,"bias_std":0.1,"trainable":false}"#),
        (#"{"type":"conv","filter":[3,5]}"#,
         #"{"type":"conv","filter":[3,5],"strides":[1,1],"padding":"valid","weight_std":1,"bias_std":0,"trainable":true}"#),
        (#"{"type":"conv_local","filter":[3],"channels":4,"padding":"same"}"#,
         #"{"type":"conv_local","channels":4,"filter":[3],"strides":[1],"padding":"same","weight_std":1,"bias_std":0,"trainable":true}"#),
        (#"{"type":"conv_transpose","filter":[3],"strides":[2],"padding":"circular"}"#,
         #"{"type":"conv_transpose","filter":[3],"strides":[2],"padding":"circular","weight_std":1,"bias_std":0,"trainable":true}"#),
        (#"{"type":"avg_pool","window":[2,3]}"#, #"{"type":"avg_pool","window":[2,3],"strides":[2,3],"padding":"valid","normalize_edges":false}"#),
        (#"{"type":"sum_pool","window":[2],"strides":[1],"padding":"same"}"#, #"{"type":"sum_pool","window":[2],"strides":[1],"padding":"same"}"#),
        (#"{"type":"global_avg_pool"}"#, #""global_avg_pool""#), (#""global_sum_pool""#, #""global_sum_pool""#), (#""flatten""#, #""flatten""#),
        (#""layer_norm""#, #"{"type":"layer_norm","axes":[-1],"epsilon":1e-12}"#),
        (#"{"type":"layer_norm","axes":[1,-1],"epsilon":0.5}"#, #"{"type":"layer_norm","axes":[1,-1],"epsilon":0.5}"#),
        (#"{"type":"dropout","keep_rate":1}"#, #"{"type":"dropout","keep_rate":1}"#),
        (#""attention""#,
         #"{"type":"attention","key_std":1,"query_std":1,"value_std":1,"out_std":1,"bias_std":0,"mechanism":"softmax","linear_scaling":true,"positional":"none"}"#),
        (#"{"type":"attention","heads":2,"channels":3,"key_channels":4,"value_channels":5,"mechanism":"identity","linear_scaling":false}"#,
         #"{"type":"attention","heads":2,"channels":3,"key_channels":4,"value_channels":5,"key_std":1,"query_std":1,"value_std":1,"out_std":1,"bias_std":0,"mechanism":"identity","linear_scaling":false,"positional":"none"}"#),
        (#"{"type":"parallel","branches":[["relu"],["identity"]]}"#, #"{"type":"parallel","branches":[["relu"],["identity"]],"combine":"sum"}"#),
        (#"{"type":"serial","layers":["relu"]}"#, #"{"type":"serial","layers":["relu"]}"#),
        (#"{"type":"repeat","times":3,"layers":["relu"]}"#, #"{"type":"repeat","times":3,"layers":["relu"]}"#),
        (#""identity""#, #""identity""#), (#"{"type":"relu"}"#, #""relu""#), (#""abs""#, #""abs""#),
        (#"{"type":"leaky_relu","alpha":0.1}"#, #"{"type":"leaky_relu","alpha":0.1}"#),
        (#"{"type":"ab_relu","a":-0.3,"b":1.2}"#, #"{"type":"ab_relu","a":-0.3,"b":1.2}"#), (#"{"type":"ab_relu","a":0,"b":1}"#, #""relu""#),
        (#""sign""#, #""sign""#), (#""erf""#, #"{"type":"erf","a":1,"b":1,"c":0}"#), (#""sigmoid_like""#, #""sigmoid_like""#), (#""gelu""#, #""gelu""#),
        (#"{"type":"sin","b":2}"#, #"{"type":"sin","a":1,"b":2,"c":0}"#), (#""cos""#, #"{"type":"cos","a":1,"b":1,"c":0}"#),
        (#""rbf""#, #"{"type":"rbf","gamma":1}"#), (#""exp""#, #"{"type":"exp","a":1,"b":1}"#), (#""gaussian""#, #"{"type":"gaussian","a":1,"b":-1}"#),
        (#""exp_normalized""#, #"{"type":"exp_normalized","gamma":1,"shift":-1}"#), (#""gabor""#, #""gabor""#),
        (#"{"type":"monomial","degree":5}"#, #"{"type":"monomial","degree":5}"#),
        (#"{"type":"rectified_monomial","degree":0}"#, #"{"type":"rectified_monomial","degree":0}"#),
        (#"{"type":"polynomial","coefficients":[0.1,1,-2]}"#, #"{"type":"polynomial","coefficients":[0.1,1,-2]}"#),
        (#"{"type":"hermite","degree":3}"#, #"{"type":"hermite","degree":3}"#),
        (#""tanh""#, #""tanh""#), (#""sigmoid""#, #""sigmoid""#), (#""softplus""#, #""softplus""#), (#""silu""#, #""silu""#),
        (#""elu""#, #"{"type":"elu","alpha":1}"#), (#""selu""#, #""selu""#), (#""hard_tanh""#, #""hard_tanh""#), (#""mish""#, #""mish""#),
    ]

    @Test(arguments: layers)
    func fillsInDefaultsAndReadsItsOwnForm(_ source: String, _ canonical: String) throws {
        let (read, faults) = try read("[\(source)]")
        #expect(faults.isEmpty, "\(faults.map(\.line))")
        let architecture = try #require(read)
        let text = String(decoding: try architecture.json.serialized(), as: UTF8.self)
        #expect(text == #"{"parameterization":"ntk","layers":[\#(canonical)]}"#)
        let again = Faults()
        #expect(ArchitectureParser.parse(architecture.json, faults: again) == architecture)
        #expect(again.isEmpty)
    }

    @Test func theTableHoldsEveryType() {
        for type in LayerType.allCases.map(\.rawValue) + NonlinearityType.allCases.map(\.rawValue) {
            #expect(Self.layers.contains { $0.1.hasPrefix("\"\(type)\"") || $0.1.hasPrefix("{\"type\":\"\(type)\"") }, "\(type)")
        }
    }

    @Test func namesTheValues() throws {
        let source = #"["relu","abs","sigmoid_like",{"type":"leaky_relu","alpha":0.2},"dense"]"#
        let architecture = try #require(try read(source, parameterization: "standard").architecture)
        #expect(architecture.parameterization == .standard)
        #expect(architecture.layers.map(\.kind) == [
            .nonlinearity(.abRelu(a: 0, b: 1)), .nonlinearity(.abRelu(a: -1, b: 1)),
            .nonlinearity(.erf(a: 0.5, b: 1 / 2.4020563531719796, c: 0.5)), .nonlinearity(.abRelu(a: 0.2, b: 1)), .dense(Dense()),
        ])
        #expect(architecture.layers.map(\.pointer.description) == (0..<5).map { "/layers/\($0)" })
    }

    @Test func tellsEveryFaultAtOnce() throws {
        let (architecture, faults) = try read(#"""
            [{"type":"dense","width":0,"weight_std":0,"bias_std":-1,"widht":2}, "rleu", 7, {"width":3}, "conv",
             {"type":"conv","filter":[3,3],"strides":[2],"padding":"sam"}, {"type":"avg_pool","window":[]},
             {"type":"sum_pool","window":[2],"normalize_edges":true}, {"type":"dropout","keep_rate":0},
             {"type":"layer_norm","axes":[0,1,1]}, {"type":"attention","linear_scaling":false},
             {"type":"parallel","branches":[["relu",{"type":"monomial","degree":6}],[]],"combine":"add"}, {"type":"serial"},
             {"type":"repeat","times":0,"layers":[{"type":"ab_relu","a":1}]}, {"type":"relu","alpha":1}, "leaky_relu", {"type":"rbf","gamma":0}]
            """#)
        #expect(architecture == nil)
        #expect(faults.map(\.pointer.description) == [
            "/layers/0/width", "/layers/0/weight_std", "/layers/0/bias_std", "/layers/0/widht", "/layers/1", "/layers/2", "/layers/3", "/layers/4",
            "/layers/5/strides", "/layers/5/padding", "/layers/6/window", "/layers/7/normalize_edges", "/layers/8/keep_rate",
            "/layers/9/axes/0", "/layers/9/axes/2", "/layers/10/linear_scaling", "/layers/11/combine", "/layers/11/branches/0/1/degree",
            "/layers/11/branches/1", "/layers/12", "/layers/13/times", "/layers/13/layers/0", "/layers/14/alpha", "/layers/15", "/layers/16/gamma",
        ], "\(faults.map(\.line).joined(separator: "\n"))")
        try #require(faults.count == 25)
        #expect(faults[0].detail == "This must be from 1 to 1000000000, not 0.")
        #expect(faults[3].detail == #"The member "widht" is unknown; did you mean "width"?"#)
        #expect(faults[4].detail == #"There is no layer type "rleu"; did you mean "relu"?"#)
        #expect(faults[22].detail == #"The member "alpha" is unknown; known are "type"."#)
    }

    @Test func refusesStandardDeviationsUnderPyTorch() throws {
        let source = #"[{"type":"dense","weight_std":1},{"type":"conv","filter":[3],"bias_std":0},"attention"]"#
        #expect(try read(source, parameterization: "pytorch").faults.map(\.pointer.description) == ["/layers/0/weight_std", "/layers/1/bias_std", "/layers/2"])
        let architecture = try #require(try read(#"[{"type":"dense","width":2}]"#, parameterization: "pytorch").architecture)
        #expect(architecture.json == ["parameterization": "pytorch", "layers": [["type": "dense", "width": 2, "trainable": true]]])
        #expect(architecture.layers[0].kind == .dense(Dense(width: 2, scales: AffineScales(weightStd: 1, biasStd: 1))))
    }

    @Test(arguments: [
        (#"{"layers":["relu"],"parametrization":"ntk"}"#, ["/parametrization"]),
        (#"{"parameterization":"NTK","layers":[]}"#, ["/parameterization", "/layers"]),
        ("[]", [""]), ("{}", [""]), (#"{"layers":"relu"}"#, ["/layers"]), (#"{"layers":[1,2]}"#, ["/layers/0", "/layers/1"]),
        (#"{"layers":[null,["relu"]]}"#, ["/layers/0", "/layers/1"]),
    ] as [(String, [String])])
    func refusesOtherDocuments(_ source: String, _ pointers: [String]) throws {
        let faults = Faults()
        #expect(try ArchitectureParser.parse(JSONParser.parse(source), faults: faults) == nil)
        #expect(faults.all.map(\.pointer.description) == pointers, "\(faults.all.map(\.line))")
    }

    @Test func boundsSizeAndNesting() throws {
        func repeated(_ times: Int...) -> String { nested(times) }
        func nested(_ times: [Int]) -> String { times.reduce("\"relu\"") { #"{"type":"repeat","times":\#($1),"layers":[\#($0)]}"# } }
        #expect(try read("[\(repeated(100, 100))]").faults.isEmpty)
        #expect(try read("[\(repeated(100, 100)),\"relu\"]").faults.map(\.pointer.description) == ["/layers"])
        #expect(try read("[\(repeated(100, 101))]").faults.map(\.pointer.description) == ["/layers/0/times"])
        #expect(try read("[\(repeated(10_000, 10_000, 10_000))]").faults.map(\.pointer.description) == ["/layers/0/layers/0/times", "/layers/0/times"])
        #expect(try read("[\(nested(Array(repeating: 1, count: 16)))]").faults.isEmpty)
        let tooDeep = try read("[\(nested(Array(repeating: 1, count: 17)))]").faults
        #expect(tooDeep.map(\.pointer.description) == [String(repeating: "/layers/0", count: 17)])
    }

    /// Whatever a document says, reading and checking it ends with an architecture or with faults.
    @Test(arguments: [41 as UInt64, 42, 43])
    func survivesRandomDocuments(_ seed: UInt64) throws {
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let scraps: [JSONValue] = [
            nil, true, 0, -1, 1e300, 3, 2.5, "", "relu", "dense", "same", [], ["relu"], .integers([2, 2]), .integers([-3]), [:], ["type": "conv"],
        ]
        func scrap() -> JSONValue { scraps[Int.random(in: 0..<scraps.count, using: &generator)] }
        func happens(oneIn times: Int) -> Bool { Int.random(in: 0..<times, using: &generator) == 0 }
        func mutated(_ value: JSONValue) -> JSONValue {
            if happens(oneIn: 40) { return scrap() }
            switch value {
            case .array(let elements): return .array(elements.map(mutated) + (happens(oneIn: 20) ? [scrap()] : []))
            case .object(let object):
                return .object(JSONObject(object.members.filter { _ in !happens(oneIn: 40) }.map { (name: $0.name, value: mutated($0.value)) }))
            default: return value
            }
        }
        let layers = try Self.layers.map { try JSONParser.parse($0.0) }
        var sound = 0
        for round in 0..<600 {
            let faults = Faults()
            let document: JSONValue = ["layers": .array(Array(layers.shuffled(using: &generator).prefix(round % 6 + 1)))]
            guard let architecture = ArchitectureParser.parse(mutated(document), faults: faults) else {
                #expect(!faults.isEmpty)
                continue
            }
            sound += 1
            #expect(ArchitectureParser.parse(architecture.json, faults: faults) == architecture && faults.isEmpty)
            for shape in [[3], [5, 2], [8, 8, 3]] {
                for purpose in [Purpose.infiniteKernel, .finiteNetwork] {
                    let found = Faults()
                    let trace = ShapeInference.infer(architecture, inputShape: shape, at: .root, for: purpose, faults: found)
                    #expect((trace != nil) == found.isEmpty)
                }
            }
            GaussianInputs.check(architecture, faults: faults)
        }
        #expect(sound > 50 && sound < 550)
    }

    @Test("a nonlinearity is read on its own, and a layer in its place is refused by name")
    func nonlinearityAlone() throws {
        func read(_ text: String) throws -> (Nonlinearity?, [Fault]) {
            let faults = Faults()
            let value = Nonlinearity.parse(try JSONParser.parse(text), at: .root.appending("nonlinearity"), faults: faults)
            return (value, faults.all)
        }
        #expect(try read(#""tanh""#).0 == .tanh)
        #expect(try read(#"{"type":"leaky_relu","alpha":0.2}"#).0 == .abRelu(a: 0.2, b: 1))
        for text in [#""relu""#, #"{"type":"sin","a":1,"b":2,"c":0}"#, #"{"type":"hermite","degree":3}"#] {
            let value = try #require(try read(text).0)
            #expect(value.json == (try JSONParser.parse(text)))
        }
        let dense = try read(#""dense""#)
        #expect(dense.0 == nil && dense.1.map(\.pointer.description) == ["/nonlinearity"] && dense.1[0].detail.contains("not the layer \"dense\""))
        #expect(try read(#"{"type":"leaky_relu"}"#).1.map(\.pointer.description) == ["/nonlinearity"])
        #expect(try read(#"{"type":"tanh","alpha":1}"#).1.map(\.pointer.description) == ["/nonlinearity/alpha"])
        #expect(try read("[1]").0 == nil)
    }
}
