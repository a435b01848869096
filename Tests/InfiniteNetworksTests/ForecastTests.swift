import Architectures
@testable import InfiniteNetworks
import JSON
import LinearAlgebra
import Testing

/// A few bytes of a document must not make gigabytes of tables before anything is forecast.
struct PositionTableTests {
    private func compile(_ layers: String, _ shape: [Int]) throws -> InfiniteNetwork {
        let faults = Faults()
        let architecture = try #require(ArchitectureParser.parse(try JSONParser.parse(#"{"layers": [\#(layers)]}"#), faults: faults), "\(faults.all)")
        return try InfiniteNetwork(architecture, inputShape: shape, shapePointer: .root)
    }

    @Test(arguments: [
        (#""global_avg_pool""#, [65536, 65536, 1], "/layers/0"), (#""dense", "flatten""#, [65536, 65536, 1], "/layers/0"),
        (#"{"type": "conv", "filter": [3, 3]}, "layer_norm", "flatten""#, [4000, 4000, 1], "/layers/0"),
        (#"{"type": "conv", "filter": [9000], "padding": "same"}, "relu", "flatten", "dense""#, [9000, 1], "/layers/0"),
        (#""dense", "relu", {"type": "conv", "filter": [64, 64], "padding": "same"}, "flatten""#, [200, 200, 1], "/layers/2"),
    ])
    func areBounded(_ layers: String, _ shape: [Int], _ pointer: String) throws {
        let faults = #expect(throws: ArchitectureFaults.self) { try compile(layers, shape) }
        #expect(faults?.faults.map(\.pointer.description) == [pointer])
    }

    /// A thousand rounds take no more than one.
    @Test func areSharedByRounds() throws {
        let round = #"{"type": "conv", "filter": [20, 20], "padding": "same"}, "relu""#
        _ = try compile(#"{"type": "repeat", "times": 1000, "layers": [\#(round)]}, "flatten", "dense""#, [20, 20, 1])
    }
}

/// Forecasts grow as the work does.
struct ForecastTests {
    private func operations(_ layers: String, _ shape: [Int], rows: Int = 10, columns: Int? = nil) throws -> Double {
        let faults = Faults()
        let architecture = try #require(ArchitectureParser.parse(try JSONParser.parse(#"{"layers": [\#(layers)]}"#), faults: faults))
        let network = try InfiniteNetwork(architecture, inputShape: shape, shapePointer: .root)
        return network.forecast(rows: rows, columns: columns, bytesPerElement: 8, threads: 1).operations
    }

    private func convolution(_ extent: Int, strides: Int = 1, _ function: String = "relu") -> String {
        #"{"type": "conv", "filter": [\#(extent), \#(extent)], "strides": [\#(strides), \#(strides)], "padding": "same"}, "\#(function)""#
    }

    @Test func withPairsOfInputs() throws {
        for (layers, shape) in [(#""dense", "relu", "dense""#, [50]), (convolution(3) + #", "global_avg_pool", "dense""#, [8, 8, 1])] {
            let ten = try operations(layers, shape)
            #expect(try operations(layers, shape, rows: 100) / ten == 100 * 101 / (10 * 11))
            #expect(try operations(layers, shape, columns: 10) > 1.5 * ten)
        }
    }

    /// Where positions are joined by a mean every pair of them is kept, where by flatten only the equal ones.
    @Test func withPairsOfPositions() throws {
        let pooled = try [8, 16].map { try operations(convolution(3) + #", "global_avg_pool", "dense""#, [$0, $0, 1]) }
        #expect(abs(pooled[1] / pooled[0] - 16) < 0.5)
        let flat = try [8, 16].map { try operations(convolution(3) + #", "flatten", "dense""#, [$0, $0, 1]) }
        #expect(abs(flat[1] / flat[0] - 4) < 0.2)
    }

    /// An integral takes thousands of times what a closed form does, up to the entries of a table; between convolutions always.
    @Test func withIntegrals() throws {
        for function in ["tanh", "silu", "mish"] {
            let few = try [function, "gelu"].map { try operations(#""dense", "\#($0)", "dense""#, [5], rows: 50) }
            #expect(few[0] > 1000 * few[1])
            let many = try [function, "gelu"].map { try operations(#""dense", "\#($0)", "dense""#, [5], rows: 20_000) }
            #expect(many[0] > 5 * many[1] && many[0] < 100 * many[1])
            let spatial = try [function, "gelu"].map { try operations(convolution(3, $0) + #", "flatten", "dense""#, [8, 8, 1]) }
            #expect(spatial[0] > 100 * spatial[1])
        }
    }

    @Test(arguments: ["relu", "gelu"])
    func withTapsAndStridesAndDepth(function: String) throws {
        let end = #", {"type": "avg_pool", "window": [2, 2]}, "global_avg_pool", "dense""#
        let taps = try [3, 9].map { try operations(convolution($0, function) + end, [16, 16, 1]) }
        // On planes a filter's sum runs over rows and then over columns.
        #expect(taps[1] > (function == "relu" ? 1.3 : 3) * taps[0])
        #expect(try operations(convolution(3, strides: 2, function) + end, [16, 16, 1]) < taps[0] / 4)
        let blocks = try [1, 11, 21].map { count in
            try operations(Array(repeating: convolution(3, function), count: count).joined(separator: ", ") + end, [8, 8, 1])
        }
        #expect(abs((blocks[2] - blocks[1]) / (blocks[1] - blocks[0]) - 1) < 1e-12)
    }

    /// More rows never take less, so that the largest number of rows that fits is found by bisection.
    @Test(arguments: [#""global_avg_pool""#, #""flatten""#, #"{"type": "avg_pool", "window": [2, 2]}, "global_avg_pool""#])
    func bytesGrowWithRows(readout: String) throws {
        let faults = Faults()
        let text = #"{"layers": [\#(Array(repeating: convolution(3), count: 20).joined(separator: ", ")), \#(readout), "dense"]}"#
        let architecture = try #require(ArchitectureParser.parse(try JSONParser.parse(text), faults: faults))
        let network = try InfiniteNetwork(architecture, inputShape: [32, 32, 3], shapePointer: .root)
        let bytes = stride(from: 10, to: 40_000, by: 111).map {
            network.forecast(rows: $0, bytesPerElement: 4, threads: 2).workingBytes
        }
        #expect(zip(bytes, bytes.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test func attentionIsCubicInPositions() throws {
        let counts = try [50, 100].map { try operations(#"{"type": "conv", "filter": [1]}, "attention", "global_avg_pool", "dense""#, [$0, 1]) }
        #expect(counts[1] / counts[0] > 7 && counts[1] / counts[0] < 8)
    }

    /// What a thread holds of each row is within the forecast, however deep the network and whatever its functions.
    @Test(arguments: [0, 3, 500, 10_000, 200_000, 1_800_000], [3, 300, 3000])
    func tablesStayWithinTheirForecast(coefficients: Int, layers: Int) {
        let schedule = TileSchedule(
            rows: 10_000, columns: 10_000, symmetric: true, threads: 1, layers: layers, coefficients: coefficients)
        #expect(schedule.side >= 16)
        let bytes = 2 * schedule.side * coefficients * MemoryLayout<Double>.size
        #expect(bytes <= TileSchedule.mostTableBytes(coefficients: coefficients))
        #expect(TileSchedule.mostTableBytes(coefficients: coefficients) <= TileSchedule.mostTableBytes(coefficients: coefficients + 1))
    }

    @Test(arguments: [Nonlinearity.tanh, .hardTanh, .gelu])
    func mostCoefficientsAreEnough(function: Nonlinearity) throws {
        let stack = try DenseStack(Architecture(layers: [dense(2), activation(function), dense()]), inputDimension: 3)
        var generator = SplitMix(state: 5)
        let x = generator.matrix(200, 3)
        let rows = try x.flatMap { $0 }.withUnsafeBufferPointer { values in
            try NormalizedRows(MatrixView(#require(values.baseAddress), rows: 200, columns: 3), as: .x1) { false }
        }
        let adapted = StepAdaptation.adapted(stack.steps, to: [rows], pairs: 20_100) { false }
        #expect(adapted.reduce(0) { $0 + $1.coefficientCount } <= stack.mostCoefficients)
    }
}
