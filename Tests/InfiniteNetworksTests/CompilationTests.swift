import Architectures
import InfiniteNetworks
import JSON
import Testing

/// What becomes a dense stack, and what is refused with which words.
struct CompilationTests {
    private func place(_ indices: Int...) -> JSONPointer {
        indices.reduce(JSONPointer.root) { $0.appending("layers").appending($1) }
    }

    private func faults(_ architecture: Architecture) -> [Fault] {
        do {
            _ = try DenseStack(architecture, inputDimension: 3)
            return []
        } catch { return error.faults }
    }

    @Test func unrollsSerialAndRepeat() throws {
        let block = Layer(.repeat(times: 2, [dense(), Layer(.serial([relu, dense(), Layer(.identity)]))]))
        let rest = [activation(.abRelu(a: -1, b: 1)), dense(), activation(.abRelu(a: 0.1, b: 1))]
        let stack = try DenseStack(Architecture(layers: [Layer(.flatten), block] + rest), inputDimension: 3)
        let repeated = ["dense", "relu", "dense", "identity"]
        #expect(stack.layerNames == ["flatten"] + repeated + repeated + ["abs", "dense", "leaky_relu"])
    }

    @Test func everyFaultIsToldAtOnce() throws {
        let layers = [
            Layer(.nonlinearity(.gelu), at: place(0)), Layer(.dense(Dense()), at: place(1)),
            Layer(.nonlinearity(.expNormalized(gamma: -1, shift: 0)), at: place(2)), Layer(.globalPool(.average), at: place(3)),
            Layer(.nonlinearity(.erf(a: 1, b: 1, c: 0)), at: place(4)), Layer(.nonlinearity(.abRelu(a: 0, b: 1)), at: place(5)),
        ]
        let faults = faults(Architecture(layers: layers))
        #expect(faults.map(\.pointer) == [place(0), place(2), place(3), place(4), place(5)])
        #expect(faults[0].detail == "'gelu' wants a Gaussian input and stands after the raw input; put a dense layer before it")
        #expect(faults[1].detail.contains("not positive semidefinite"))
        #expect(faults[4].detail.contains("after another nonlinearity ('erf')"))
    }

    @Test func aRepeatedNonlinearityMeetsItself() {
        let layers = [dense(), Layer(.repeat(times: 3, [Layer(.nonlinearity(.gelu), at: place(1, 0))]), at: place(1))]
        #expect(faults(Architecture(layers: layers)).map(\.pointer) == [place(1, 0)])
    }

    @Test func standardParameterizationNeedsWidths() {
        let first = Layer(.dense(Dense()), at: place(0))
        let layers = [first, relu, dense(), relu, dense(width: 3)]
        let faults = faults(Architecture(parameterization: .standard, layers: layers))
        #expect(faults.first?.pointer == place(0).appending("width"))
        #expect(self.faults(Architecture(layers: layers)).isEmpty)
        #expect(self.faults(Architecture(parameterization: .standard, layers: [dense(width: 5), relu, dense()])).isEmpty)
    }

    @Test func otherRefusals() {
        let zero = Layer(.dense(Dense(scales: AffineScales(weightStd: 0))), at: place(0))
        #expect(faults(Architecture(parameterization: .standard, layers: [zero])).map(\.pointer) == [place(0)])
        let pytorch = faults(Architecture(parameterization: .pytorch, layers: [dense()]))
        #expect(pytorch.map(\.pointer) == [JSONPointer.root.appending("parameterization")])
        let long = Layer(.repeat(times: .max, [dense(), relu]), at: place(0))
        #expect(faults(Architecture(layers: [long])).map(\.pointer) == [place(0)])
        let endless = Layer(.repeat(times: .max, []), at: place(0))
        #expect(faults(Architecture(layers: [endless])).isEmpty)
    }
}
