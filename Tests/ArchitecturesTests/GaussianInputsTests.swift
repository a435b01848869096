import JSON
import Testing

@testable import Architectures

@Suite struct GaussianInputsTests {
    private func check(_ layers: String) throws -> [Fault] {
        let architecture = try #require(try read(layers).architecture)
        let faults = Faults()
        GaussianInputs.check(architecture, faults: faults)
        return faults.all
    }

    @Test(arguments: [
        #"["dense","relu","dense"]"#, #"["dense","dense"]"#, #"["identity","dense","identity","erf"]"#,
        #"[{"type":"conv","filter":[3]},{"type":"avg_pool","window":[2]},"relu"]"#, #"["attention","relu","flatten"]"#,
        #"["dense","relu",{"type":"dropout","keep_rate":0.8},"dense","relu"]"#, #"["flatten","dense","layer_norm","relu","dense"]"#,
        #"[{"type":"conv","filter":[3]},"global_avg_pool","relu"]"#, #"[{"type":"repeat","times":9,"layers":["dense","relu"]},"dense"]"#,
        #"["dense",{"type":"repeat","times":1,"layers":["relu"]},"dense"]"#,
        #"["dense",{"type":"parallel","branches":[["relu","dense"],["identity"]]},"relu"]"#,
        #"["dense",{"type":"repeat","times":3,"layers":[{"type":"parallel","branches":[["relu","dense"],["identity"]]}]},"relu"]"#,
        #"[{"type":"parallel","branches":[["dense"],["dense"],["dense"]]},"relu"]"#,
        #"[{"type":"parallel","combine":"concat","branches":[["dense","relu"],["dense","relu"]]},"dense"]"#,
        #"[{"type":"parallel","combine":"concat","branches":[["identity"],["identity"]]},"dense"]"#,
        #"[{"type":"parallel","combine":"product","branches":[["dense","relu"],["dense","erf"]]},"dense"]"#,
        #"[{"type":"parallel","combine":"product","branches":[["dense"],["identity"]]},"dense"]"#,
        #"["dense",{"type":"parallel","branches":[[{"type":"parallel","branches":[["dense"],["identity"]]},"dense"],["identity"]]}]"#,
    ])
    func accepts(_ layers: String) throws {
        #expect(try check(layers).map(\.line) == [])
    }

    @Test(arguments: [
        (#"["relu","dense"]"#, ["/layers/0"]), (#"["dense","relu","erf","relu"]"#, ["/layers/2", "/layers/3"]), (#"["layer_norm"]"#, ["/layers/0"]),
        (#"["dense","flatten","relu"]"#, ["/layers/2"]), (#"["dense",{"type":"dropout","keep_rate":0.5},"relu"]"#, ["/layers/2"]),
        (#"["dense","relu",{"type":"avg_pool","window":[2]},"layer_norm"]"#, ["/layers/3"]),
        (#"["dense",{"type":"repeat","times":2,"layers":["relu"]}]"#, ["/layers/1/layers/0"]),
        (#"["dense",{"type":"parallel","branches":[["relu"],["dense"]]}]"#, ["/layers/1/branches/0"]),
        (#"[{"type":"parallel","branches":[["dense"],["identity"]]}]"#, ["/layers/0/branches/1"]),
        (#"["dense",{"type":"parallel","branches":[["identity"],["identity"]]}]"#, ["/layers/1/branches"]),
        (#"["dense",{"type":"parallel","branches":[[{"type":"avg_pool","window":[2]}],["identity"],["dense"]]}]"#, ["/layers/1/branches"]),
        (#"["dense",{"type":"parallel","combine":"product","branches":[["relu"],["identity"]]}]"#, ["/layers/1/branches"]),
        (#"["dense",{"type":"parallel","branches":[[{"type":"parallel","branches":[["dense"],["identity"]]}],["identity"]]}]"#, ["/layers/1/branches"]),
        (#"[{"type":"parallel","combine":"concat","branches":[["dense"],["dense"]]},"relu"]"#, ["/layers/1"]),
        (#"[{"type":"parallel","combine":"product","branches":[["dense"],["dense"]]},"relu"]"#, ["/layers/1"]),
        (#"[{"type":"parallel","branches":[["relu","dense"],["dense"]]}]"#, ["/layers/0/branches/0/0"]),
    ] as [(String, [String])])
    func refuses(_ layers: String, _ pointers: [String]) throws {
        #expect(try check(layers).map(\.pointer.description) == pointers)
    }

    @Test func namesWhatStandsInTheWay() throws {
        #expect(try check(#"["relu","gelu"]"#).map(\.detail) == [
            "relu wants a Gaussian input but stands on the raw input; put a dense, conv or attention layer between them.",
            "gelu wants a Gaussian input but stands on relu (/layers/0); put a dense, conv or attention layer between them.",
        ])
    }

    @Test func namesTheShapeWhereItIsKnown() throws {
        let architecture = try #require(try read(#"[{"type":"conv","channels":5,"filter":[3,3]},"relu","erf"]"#).architecture)
        let faults = Faults()
        let survey = ShapeInference.survey(architecture, inputShape: [8, 6, 3], at: .root, for: .infiniteKernel, faults: faults)
        GaussianInputs.check(architecture, survey: survey, faults: faults)
        #expect(faults.all.map(\.line) == [
            "/layers/2: erf wants a Gaussian input but stands on relu (/layers/1), of shape [6, 4, 5]; put a dense, conv or attention layer between them.",
        ])
    }
}
