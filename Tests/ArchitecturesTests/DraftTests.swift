import JSON
import Testing

@testable import Architectures

/// All faults of a document at once: those of reading it, of its shapes and of its structure, and none of them for another's sake.
@Suite struct DraftTests {
    private func faults(
        _ layers: String, _ shape: [Int]? = [8, 8, 3], for purpose: Purpose = .infiniteKernel, parameterization: String = "ntk"
    ) throws -> [String] {
        try faults(of: #"{"parameterization":"\#(parameterization)","layers":\#(layers)}"#, shape, for: purpose)
    }

    private func faults(of document: String, _ shape: [Int]?, for purpose: Purpose = .infiniteKernel) throws -> [String] {
        let document = try JSONParser.parse(document)
        let faults = Faults()
        let draft = ArchitectureParser.draft(document, for: purpose, faults: faults)
        if let draft {
            let survey = ShapeInference.survey(draft, inputShape: shape, at: .root.appending("input_shape"), for: purpose, faults: faults)
            if purpose == .infiniteKernel { GaussianInputs.check(draft, survey: survey, faults: faults) }
            #expect(survey.trace == nil || !draft.isDraft)
        }
        #expect(ArchitectureParser.parse(document, faults: Faults())?.isDraft != true)
        return faults.all.map(\.pointer.description)
    }

    @Test(arguments: [
        // Structure around what cannot be read.
        (#"["dense","relu","relu","dens"]"#, ["/layers/3", "/layers/2"]),
        (#"["dense","relu",{"type":"leaky_relu"},"gelu"]"#, ["/layers/2", "/layers/2", "/layers/3"]),
        (#"["dense",{"type":"dropout"},"relu"]"#, ["/layers/1", "/layers/2"]),
        (#"["relu",7,"dense","erf","sin"]"#, ["/layers/1", "/layers/0", "/layers/4"]),
        (#"["dense",{"type":"parallel","branches":[["relu"],["dens"],["identity"]]}]"#, ["/layers/1/branches/1/0", "/layers/1/branches/0"]),
        (#"["dense",{"type":"repeat","times":-1,"layers":["relu","relu"]}]"#, ["/layers/1/times", "/layers/1/layers/1"]),
        // What follows an unknown layer is not held against it.
        (#"["dens","relu","dense"]"#, ["/layers/0"]), (#"["dense","relu","dens","relu","flaten","dense","relu"]"#, ["/layers/2", "/layers/4"]),
        (#"[{"type":"dense","width":0},"relu","dense","relu"]"#, ["/layers/0/width"]),
        (#"["dense",{"type":"parallel","branches":[["dens"],["identity"]]},"relu"]"#, ["/layers/1/branches/0/0"]),
        (#"[{"type":"serial","layers":7},"relu"]"#, ["/layers/0/layers"]), (#"[{"type":"repeat","times":2,"layers":[]},"relu"]"#, ["/layers/0/layers"]),
        // A name that is no type is read as the one it was meant for, with all that is in it.
        (#"["dense",{"type":"serail","layers":["relux","tahn"]}]"#, ["/layers/1/type", "/layers/1/layers/0", "/layers/1/layers/1", "/layers/1/layers/1"]),
        // A combination that is none: neither sum nor concat is held against the branches.
        (#"["dense",{"type":"parallel","combine":"concatt","branches":[["relu"],["relu"]]},"relu"]"#, ["/layers/1/combine"]),
        (#"[{"type":"parallel","combine":7,"branches":[[{"type":"dense","width":2}],[{"type":"dense","width":3}]]},"relu"]"#, ["/layers/0/combine"]),
        // Branches that depend on each other, beside one that is not Gaussian.
        (#"["dense",{"type":"parallel","branches":[["relu"],["identity"],["identity"]]}]"#, ["/layers/1/branches/0", "/layers/1/branches"]),
        // A fault in a branch and one of what it is combined by.
        (#"["dense",{"type":"parallel","branches":[["relu","relu"],["dense"]]}]"#, ["/layers/1/branches/0/1", "/layers/1/branches/0"]),
        // What only the second round shows.
        (#"["dense",{"type":"repeat","times":3,"layers":["relu","relu"]}]"#, ["/layers/1/layers/1", "/layers/1/layers/0"]),
        (#"["dense",{"type":"repeat","times":2,"layers":["relu","dense","erf"]},"dense"]"#, ["/layers/1/layers/0"]),
    ] as [(String, [String])])
    func tellsTheStructureToo(_ layers: String, _ pointers: [String]) throws {
        #expect(try faults(layers, [5]) == pointers)
    }

    @Test(arguments: [
        // A misfit leaves the number of axes known.
        (
            #"[{"type":"conv","filter":[9,9]},"relu",{"type":"conv","filter":[3]},"flatten","dense",{"type":"avg_pool","window":[2,2]}]"#,
            ["/layers/0/filter", "/layers/2/filter", "/layers/5/window"]
        ),
        (
            #"[{"type":"conv","filter":[3,3],"strides":[0,1]},"flatten","dense","global_avg_pool"]"#,
            ["/layers/0/strides/0", "/layers/3"]
        ),
        (#"["global_avg_pool","dense","relu","attention",{"type":"layer_norm","axes":[1,2,-1]}]"#, ["/layers/3", "/layers/4/axes"]),
        // A faulty member hides no other of its layer, nor the layer's own fit.
        (#"[{"type":"conv","filter":[9,9],"channels":0},"flatten"]"#, ["/layers/0/channels", "/layers/0/filter"]),
        (#"["flatten",{"type":"conv","filter":[3,3],"chanels":4},"flatten"]"#, ["/layers/1/chanels", "/layers/1/filter"]),
        (#"[{"type":"avg_pool","window":[9,9],"normalize_edges":"x"},"flatten"]"#, ["/layers/0/normalize_edges", "/layers/0/window"]),
        (#"["flatten","dense",{"type":"attention","heads":0},"flatten"]"#, ["/layers/2/heads", "/layers/2"]),
        (#"[{"type":"conv","filter":[9,9],"padding":"sme"},"flatten"]"#, ["/layers/0/padding"]),
        (#"["flatten","dense",{"type":"layer_norm","axes":[1,1]}]"#, ["/layers/2/axes/1"]),
        (#"["flatten","dense",{"type":"layer_norm","axes":[0,9]}]"#, ["/layers/2/axes/0", "/layers/2/axes/1"]),
        (#"["flatten","dense",{"type":"layer_norm","axes":[0,1,1,2]}]"#, ["/layers/2/axes", "/layers/2/axes/0", "/layers/2/axes/2"]),
        // What a mend will change is not looked at: extents after a misfit, all after a layer of no known type.
        (#"[{"type":"conv","filter":[9,9]},{"type":"avg_pool","window":[8,8]},"flatten"]"#, ["/layers/0/filter"]),
        (#"[{"type":"conv","filtr":[3,3]},{"type":"avg_pool","window":[8,8]},"flatten"]"#, ["/layers/0", "/layers/0/filtr"]),
        (#"["convolution",{"type":"avg_pool","window":[2]},"flatten"]"#, ["/layers/0"]),
        (#"[{"type":"parallel","combine":"concat","branches":[[{"type":"dense","width":-2}],["identity"]]},"flatten"]"#, ["/layers/0/branches/0/0/width"]),
        // Nor does a scale at fault, or a stride, hide what is too large.
        (#"[{"type":"conv","filter":[3,3],"weight_std":-1},{"type":"avg_pool","window":[9,9]},"flatten"]"#, ["/layers/0/weight_std", "/layers/1/window"]),
        (#"[{"type":"conv","filter":[9,9],"strides":[0,1]},"flatten"]"#, ["/layers/0/strides/0", "/layers/0/filter"]),
        (#"["flatten",{"type":"conv","filter":[3,"a"]},"flatten"]"#, ["/layers/1/filter/1", "/layers/1/filter"]),
        // Padded, the output does not hang on the filter, and a name like no other is meant for none of the members.
        (#"[{"type":"conv","filter":[0,3],"padding":"same"},{"type":"conv","filter":[9,9]},"flatten"]"#, ["/layers/0/filter/0", "/layers/1/filter"]),
        (#"[{"type":"conv","filter":[9,9],"bar":1},"flatten"]"#, ["/layers/0/bar", "/layers/0/filter"]),
        (#"[{"type":"conv","padding":"same","strides":[2,2]},{"type":"conv","filter":[5,5]},"flatten"]"#, ["/layers/0", "/layers/1/filter"]),
        (#"["flatten",{"type":"conv","filter":7},"flatten"]"#, ["/layers/1/filter", "/layers/1"]),
        // Channels are known where positions are open, and after a layer that is unknown.
        (
            #"[{"type":"conv","filter":[9,9],"channels":4},{"type":"parallel","branches":[[{"type":"dense","width":2}],[{"type":"dense","width":3}]]},"flatten"]"#,
            ["/layers/0/filter", "/layers/1"]
        ),
        (
            #"["dens",{"type":"parallel","branches":[[{"type":"dense","width":2}],[{"type":"dense","width":3}]]},"flatten"]"#,
            ["/layers/0", "/layers/1"]
        ),
        (#"["dens",{"type":"parallel","combine":"concat","branches":[["dense"],["dense"]]},"dense","flatten"]"#, ["/layers/0", "/layers/1"]),
        // Rounds: what the first one leaves, and each fault once.
        (
            #"[{"type":"repeat","times":3,"layers":["global_avg_pool","dense",{"type":"layer_norm","axes":[2]}]}]"#,
            ["/layers/0/layers/2/axes", "/layers/0/layers/0"]
        ),
        (#"[{"type":"repeat","times":9,"layers":[{"type":"conv","filter":[3,3]},"relu"]},"flatten"]"#, ["/layers/0/layers/0/filter"]),
        // A container that cannot be read.
        (#"[{"type":"parallel","branches":7},{"type":"conv","filter":[9,9]},"global_avg_pool","global_avg_pool"]"#, ["/layers/0/branches", "/layers/3"]),
    ] as [(String, [String])])
    func tellsTheShapesToo(_ layers: String, _ pointers: [String]) throws {
        #expect(try faults(layers) == pointers)
    }

    @Test func asksForWidthsOnlyWhereTheyAreMissing() throws {
        let layers = #"[{"type":"dense","width":"ten"},"relu","dense","dropuot",{"type":"attention","heads":0},"flatten",{"type":"conv","channels":2,"filter":[1]}]"#
        let expected = ["/layers/0/width", "/layers/3", "/layers/3", "/layers/4/heads", "/layers/2", "/layers/3", "/layers/4", "/layers/6/filter"]
        #expect(try faults(#"[{"type":"dense","widht":3},"relu"]"#, [4], for: .finiteNetwork) == ["/layers/0/widht"])
        #expect(try faults(layers, for: .finiteNetwork) == expected)
        #expect(try faults(#"[{"type":"dense","width":0},"relu","dense"]"#, [4], parameterization: "standard") == ["/layers/0/width"])
        #expect(try faults(#"[{"type":"dense","weight_std":-1}]"#, [4], for: .finiteNetwork) == ["/layers/0/weight_std", "/layers/0"])
    }

    /// The layer without a width is asked for it once, wherever the question comes up first.
    @Test func asksForAWidthOnce() throws {
        let branches = #"{"type":"parallel","branches":[[{"type":"dense","width":1}],[{"type":"dense","width":1}]]}"#
        #expect(try faults(#"["dense","relu",\#(branches)]"#, [4], parameterization: "standard") == ["/layers/2/branches/0/0"])
        let layers = #"["dens","relu","dense","relu","dense","relu","dense"]"#
        #expect(try faults(layers, [4], parameterization: "standard") == ["/layers/0", "/layers/2", "/layers/4", "/layers/6"])
        // A sum is as wide as the branch that says how wide it is.
        let sum = #"[{"type":"dense","width":4},{"type":"parallel","branches":[["identity"],["relu","dense"]]},"relu","dense"]"#
        #expect(try faults(sum, [4], parameterization: "standard") == [])
    }

    @Test func looksAtThePurpose() throws {
        let scaled = #"[{"type":"dense","width":2,"weight_std":2,"bias_std":-1}]"#
        #expect(try faults(scaled, [4], parameterization: "pytorch") == ["/layers/0/bias_std", "/parameterization"])
        #expect(
            try faults(scaled, [4], for: .finiteNetwork, parameterization: "pytorch") == ["/layers/0/weight_std", "/layers/0/bias_std"])
        #expect(try faults(#"["attention","flatten"]"#, for: .finiteNetwork, parameterization: "pytorch") == ["/layers/0"])
    }

    @Test func looksIntoPresets() throws {
        #expect(try faults(of: #"{"preset":"myrtle5","channels":0}"#, [5]) == ["/channels", "/preset"])
        #expect(try faults(of: #"{"preset":"mlp","depht":2,"parameterization":"pytorch"}"#, [5]) == ["/depht", "/parameterization"])
        #expect(try faults(of: #"{"preset":"mpl","depht":2,"parameterization":"pytorch"}"#, [5, 0]) == ["/preset", "/depht", "/input_shape/1", "/parameterization"])
        #expect(try faults(of: #"{"preset":"cnt","depth":0}"#, [8, 8, 3]) == ["/preset", "/depth"])
        #expect(try faults(of: #"{"parameterization":"pytorch"}"#, [5]) == ["", "/parameterization"])
    }

    @Test func looksAtWhatDoesNotHangOnTheInput() throws {
        #expect(try faults(#"["flatten","dense","relu",{"type":"conv","filter":[3,3]}]"#, nil) == ["/layers/3/filter"])
        #expect(try faults(#"[{"type":"conv","filter":[3,3]},"relu","flatten"]"#, nil) == [])
    }

    @Test func refusesKernelsThatAreNone() throws {
        #expect(try faults(#"["dense",{"type":"exp_normalized","gamma":-1},"relu"]"#, [3]) == ["/layers/1/gamma", "/layers/2"])
    }

    /// A document with too many layers is walked no further than the limit, however its repetitions multiply.
    @Test func endsSoonOnADocumentWithTooManyLayers() throws {
        let inner = #"{"type":"repeat","times":50,"layers":["dense",{"type":"repeat","times":100,"layers":["identity"]}]}"#
        let layers = "[" + Array(repeating: inner, count: 2000).joined(separator: ",") + #","relu","relu"]"#
        let found = try faults(layers, [3])
        #expect(found == ["/layers", "/layers/2001"])
    }
}
