import JSON
import Testing

@testable import Architectures

@Suite struct ShapeInferenceTests {
    private func infer(
        _ layers: String, _ shape: [Int], for purpose: Purpose = .infiniteKernel, parameterization: String = "ntk"
    ) throws -> (trace: ShapeTrace?, faults: [Fault]) {
        let architecture = try #require(try read(layers, parameterization: parameterization).architecture)
        let faults = Faults()
        let trace = ShapeInference.infer(architecture, inputShape: shape, at: .root.appending("input_shape"), for: purpose, faults: faults)
        return (trace, faults.all)
    }

    @Test(arguments: [
        (#"["dense"]"#, [6], "[?]"), (#"[{"type":"dense","width":4},"relu"]"#, [5, 2], "[5, 4]"), (#"["identity","dense"]"#, [8, 8, 3], "[8, 8, ?]"),
        (#"[{"type":"conv","filter":[3,2],"channels":7}]"#, [8, 9, 3], "[6, 8, 7]"), (#"[{"type":"conv","filter":[3],"strides":[2]}]"#, [8, 3], "[3, ?]"),
        (#"[{"type":"conv","filter":[3],"strides":[2],"padding":"same"}]"#, [7, 3], "[4, ?]"),
        (#"[{"type":"conv","filter":[5],"strides":[3],"padding":"circular"}]"#, [8, 3], "[3, ?]"),
        (#"[{"type":"conv","filter":[9],"padding":"same"}]"#, [2, 3], "[2, ?]"), (#"[{"type":"conv","filter":[1],"strides":[5]}]"#, [4, 3], "[1, ?]"),
        (#"[{"type":"conv_transpose","filter":[3],"strides":[2]}]"#, [4, 3], "[9, ?]"),
        (#"[{"type":"conv_transpose","filter":[3],"strides":[2],"padding":"same"}]"#, [4, 3], "[8, ?]"),
        (#"[{"type":"conv_transpose","filter":[2],"strides":[3]}]"#, [4, 3], "[12, ?]"),
        (#"[{"type":"avg_pool","window":[2,2]}]"#, [5, 4, 3], "[2, 2, 3]"),
        (#"[{"type":"sum_pool","window":[3,3],"strides":[2,2],"padding":"same"}]"#, [8, 8, 3], "[4, 4, 3]"),
        (#"["global_avg_pool"]"#, [4, 4, 3], "[3]"), (#"["flatten"]"#, [4, 4, 3], "[48]"), (#"["flatten"]"#, [4], "[4]"), (#"["dense","flatten"]"#, [4, 2], "[?]"),
        (#"["dense",{"type":"layer_norm","axes":[1,2,3]}]"#, [4, 4, 2], "[4, 4, ?]"), (#"["attention"]"#, [4, 3], "[4, ?]"),
        (#"[{"type":"dropout","keep_rate":0.5}]"#, [4, 3], "[4, 3]"),
        (#"[{"type":"repeat","times":3,"layers":[{"type":"conv","filter":[3]}]}]"#, [9, 3], "[3, ?]"),
        (#"[{"type":"parallel","branches":[["dense"],[{"type":"dense","width":5}]]}]"#, [2], "[5]"),
        (#"[{"type":"parallel","combine":"concat","branches":[[{"type":"dense","width":2}],["identity"]]}]"#, [4, 3], "[4, 5]"),
    ] as [(String, [Int], String)])
    func carriesShapes(_ layers: String, _ input: [Int], _ output: String) throws {
        let (trace, faults) = try infer(layers, input)
        #expect(faults.isEmpty, "\(faults.map(\.line))")
        #expect(trace?.output.description == output)
    }

    @Test func tracesEveryApplication() throws {
        let source = #"[{"type":"repeat","times":2,"layers":[{"type":"dense","width":4},"relu"]},{"type":"dense","width":1}]"#
        let trace = try #require(try infer(source, [3]).trace)
        #expect(trace.layers.map(\.layer.typeName) == ["dense", "relu", "dense", "relu", "repeat", "dense"])
        #expect(trace.layers.map(\.input.channels) == [3, 4, 4, 4, 3, 4])
        #expect(trace.layers.map(\.output.channels) == [4, 4, 4, 4, 4, 1])
    }

    @Test(arguments: [
        (#"[{"type":"conv","filter":[3,3]}]"#, [6], "/layers/0/filter"), (#"[{"type":"conv","filter":[3]}]"#, [6, 6, 1], "/layers/0/filter"),
        (#"["dense",{"type":"conv","filter":[3,7]}]"#, [6, 6, 1], "/layers/1/filter"),
        (#"[{"type":"conv","filter":[7],"padding":"circular"}]"#, [6, 1], "/layers/0/filter"),
        (#"[{"type":"avg_pool","window":[4]},{"type":"avg_pool","window":[4]}]"#, [8, 1], "/layers/1/window"),
        (#"[{"type":"conv_transpose","filter":[3]}]"#, [6], "/layers/0/filter"),
        (#"["global_avg_pool"]"#, [6], "/layers/0"), (#"["flatten","attention"]"#, [6, 2], "/layers/1"),
        (#"[{"type":"layer_norm","axes":[1,-1]}]"#, [6], "/layers/0/axes"), (#"[{"type":"layer_norm","axes":[1]}]"#, [6, 2], "/layers/0/axes"),
        (#"[{"type":"layer_norm","axes":[-3,-1]}]"#, [6], "/layers/0/axes"),
        (#"[{"type":"repeat","times":5,"layers":[{"type":"serial","layers":[{"type":"conv","filter":[3]}]}]}]"#, [9, 1], "/layers/0/layers/0/layers/0/filter"),
        (#"[{"type":"parallel","branches":[[{"type":"dense","width":2}],["identity"]]}]"#, [3], "/layers/0"),
        (#"[{"type":"parallel","combine":"product","branches":[[{"type":"conv","filter":[3]}],["identity"]]}]"#, [6, 3], "/layers/0"),
        (#"[{"type":"parallel","combine":"concat","branches":[["dense"],["identity"]]}]"#, [3], "/layers/0"),
        (#"["relu"]"#, [], "/input_shape"), (#"["relu"]"#, [1, 2, 3, 4], "/input_shape"), (#"["relu"]"#, [2, 0], "/input_shape/1"),
        (#"["relu"]"#, [1 << 40, 2], "/input_shape"), (#"["relu"]"#, [.max, .max], "/input_shape"),
        (#"[{"type":"repeat","times":9,"layers":[{"type":"conv_transpose","filter":[1],"strides":[65536],"channels":1}]}]"#, [2, 3], "/layers/0/layers/0"),
        (#"[{"type":"dense","width":1000000000}]"#, [65536, 3], "/layers/0"),
    ] as [(String, [Int], String)])
    func pointsAtTheMisfit(_ layers: String, _ input: [Int], _ pointer: String) throws {
        let (trace, faults) = try infer(layers, input)
        #expect(trace == nil)
        #expect(faults.map(\.pointer.description) == [pointer], "\(faults.map(\.line))")
    }

    @Test func looksAtEveryBranch() throws {
        let source = #"[{"type":"parallel","branches":[[{"type":"conv","filter":[9]}],["identity"],["global_avg_pool","attention"]]}]"#
        let faults = try infer(source, [4, 2]).faults
        #expect(faults.map(\.pointer.description) == ["/layers/0/branches/0/0/filter", "/layers/0/branches/2/1", "/layers/0"])
        #expect(faults.last?.detail.contains("[?, ?], [4, 2], [?];") == true, "\(faults)")
        #expect(faults.first?.detail == "The filter [9] of conv is larger than its input [4, 2]: nothing is left of it; use a smaller filter, or padding \"same\".")
    }

    @Test func asksForWidthsWhereTheyMatter() throws {
        func pointers(_ layers: String, _ shape: [Int], for purpose: Purpose = .infiniteKernel, _ parameterization: String) throws -> [String] {
            try infer(layers, shape, for: purpose, parameterization: parameterization).faults.map(\.pointer.description)
        }
        #expect(try pointers(#"["dense","relu","dense"]"#, [3], "ntk") == [])
        #expect(try pointers(#"[{"type":"dense","width":4},"relu","dense"]"#, [3], "standard") == [])
        #expect(try pointers(#"["dense","relu","dense"]"#, [3], "standard") == ["/layers/2"])
        #expect(try pointers(#"[{"type":"repeat","times":500,"layers":["dense","relu"]}]"#, [3], "standard") == ["/layers/0/layers/0"])
        let finite = #"["dense",{"type":"repeat","times":2,"layers":[{"type":"conv","filter":[3],"padding":"same"}]},"exp_normalized","attention"]"#
        #expect(
            try pointers(finite, [3, 1], for: .finiteNetwork, "ntk")
                == ["/layers/0", "/layers/1/layers/0", "/layers/2", "/layers/3"])
        // Asked for the width, the concat need not ask for it again; the pool has no positions at any width.
        let shapeless = #"[{"type":"parallel","combine":"concat","branches":[["dense"],["identity"]]},"global_avg_pool"]"#
        #expect(try pointers(shapeless, [3], for: .finiteNetwork, "ntk") == ["/layers/0/branches/0/0", "/layers/1"])
        #expect(try pointers(#"["dense"]"#, [3], "pytorch") == ["/parameterization"])
        #expect(try pointers(#"[{"type":"dense","width":2}]"#, [3], for: .finiteNetwork, "pytorch") == [])
    }
}
