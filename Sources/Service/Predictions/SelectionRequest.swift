import Architectures
import Dynamics
import Foundation
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

/// What `POST /predictions/select` asks for, checked: the best of a grid of fully connected networks.
struct SelectionRequest: JobRequest {
    static let endpoints = [JobEndpoint(path: "/predictions/select", kind: "predictions.select")]

    /// One network of the grid; its ridges share its kernel.
    struct Candidate: Sendable {
        let depth: Int
        let nonlinearity: JSONValue
        let weightStd: Double
        let biasStd: Double
        let network: InfiniteNetwork
    }

    let x: DataReference
    let y: DataReference
    let task: LearningTask
    let kind: KernelKind
    let grid: SelectionGrid
    let candidates: [Candidate]
    let score: SelectionScore
    let folds: Int

    /// The most combinations of a grid.
    static let mostRows = 10_000

    init?(_ reader: RequestReader) throws {
        let (members, faults) = (reader.members, reader.faults)
        kind = members.choice("kind", of: KernelKind.self, default: .nngp)
        let task = members.task()
        score = members.choice("score", of: SelectionScore.self, default: .logMarginalLikelihood)
        let inputShape = members.integers("input_shape", in: 1..., count: 1...3)
        let x = try reader.requiredInputs("x", inputShape: inputShape)
        let y = try reader.requiredTargets("y", task: task, rows: reader.rows(of: x, "x"))
        let folds = members.has("folds") ? members.integer("folds", in: 2...) : 10
        let grid = members.object("grid").flatMap { SelectionGrid($0) } ?? SelectionGrid()
        reader.finish()
        if let y { try PredictionData.checkVaried(y, "y", reader) }
        if let rows = reader.rows(of: x, "x"), score == .kFold, let folds, folds > rows { members.fault(at: "folds", "There are \(rows) rows, too few for \(folds) folds; ask for at most \(rows).") }
        if grid.count > Self.mostRows {
            members.fault(at: "grid", "The grid has \(grid.count) combinations; at most \(Self.mostRows) are scored at once.")
        }
        var candidates: [Candidate] = []
        let place = members.pointer(to: "grid")
        for (depth, nonlinearity, weightStd, biasStd) in x != nil && grid.count <= Self.mostRows ? grid.networks : [] {
            let architecture = SelectionGrid.architecture(depth, nonlinearity, weightStd, biasStd, at: place)
            guard let network = reader.network(architecture, inputs: x, named: "x") else { continue }
            candidates.append(
                Candidate(depth: depth, nonlinearity: nonlinearity.function.json, weightStd: weightStd, biasStd: biasStd, network: network))
        }
        guard faults.isEmpty, let x, let y, let task, let folds else { return nil }
        (self.task, self.folds) = (task, folds)
        (self.x, self.y, self.grid, self.candidates) = (x, y, grid, candidates)
    }

    var json: JSONValue {
        .object([
            "x": x.json, "y": y.json, "input_shape": .integers(x.shape), "task": .string(task.rawValue), "kind": .string(kind.rawValue),
            "grid": grid.json, "score": .string(score.rawValue), "folds": .integer(folds),
        ])
    }

    var size: (count: Int, name: String) { (x.rows, "rows") }

    func forecast(size n: Int, threads: Int) -> Forecast {
        // The kernel, LAPACK's workspace of two, and the blocks of folds.
        Forecast(
            resultBytes: Forecast.product(grid.weightStds.count, grid.biasStds.count, 8),
            peakBytes: Forecast.sum(
                Forecast.processBytes, Forecast.product(n, n, 8, 4), Forecast.product(n, x.rowLength + 16, 16), Forecast.product(grid.count, 1024),
                Forecast.product(threads, 4 << 20)),
            operations: 9 * pow(Double(n), 3) * Double(candidates.count))
    }
}

/// The values that are combined.
struct SelectionGrid: Sendable {
    var depths = [1, 3]
    var nonlinearities = [Function(function: .abRelu(a: 0, b: 1), pointer: .root), Function(function: .erf(a: 1, b: 1, c: 0), pointer: .root)]
    var weightStds = [1.0, 1.4142135623730951, 1.8]
    var biasStds = [0.0, 0.3]
    var ridges: [Ridge] = [.relative(1e-4), .relative(1e-2)]

    /// A nonlinearity and where the client named it.
    struct Function: Sendable {
        let function: Nonlinearity
        let pointer: JSONPointer
    }

    init() {}

    init?(_ reader: ObjectReader) {
        depths = reader.integers("depth", in: 1...1000, count: 1...) ?? depths
        let named = reader.array("nonlinearity", count: 1...)?.compactMap { element in
            Nonlinearity.parse(element.value, at: element.pointer, faults: reader.faults).map { Function(function: $0, pointer: element.pointer) }
        }
        nonlinearities = named ?? nonlinearities
        weightStds = reader.numbers("weight_std", in: .positive, count: 1...) ?? weightStds
        biasStds = reader.numbers("bias_std", in: .nonNegative, count: 1...) ?? biasStds
        let relative = reader.numbers("ridge_relative", in: .nonNegative, count: 1...)
        let absolute = reader.numbers("ridge_absolute", in: .nonNegative, count: 1...)
        if reader.has("ridge_relative"), reader.has("ridge_absolute") {
            reader.fault(at: "ridge_absolute", "The ridges are relative to the mean of the kernel's diagonal or absolute; send one of the two.")
        }
        ridges = absolute?.map { .absolute($0) } ?? relative?.map { .relative($0) } ?? ridges
        reader.finish()
    }

    var count: Int { Forecast.product(depths.count, nonlinearities.count, weightStds.count, biasStds.count, ridges.count) }

    var networks: [(Int, Function, Double, Double)] {
        depths.flatMap { depth in nonlinearities.flatMap { phi in weightStds.flatMap { w in biasStds.map { (depth, phi, w, $0) } } } }
    }

    /// `depth` hidden layers with the same scales everywhere; inputs with positions are flattened.
    ///
    /// - Parameter place: Of the grid, in which a fault of a layer is that of what the layer was made from.
    static func architecture(_ depth: Int, _ nonlinearity: Function, _ weightStd: Double, _ biasStd: Double, at place: JSONPointer) -> Architecture {
        let dense = Layer(.dense(Dense(scales: AffineScales(weightStd: weightStd, biasStd: biasStd))), at: place)
        let hidden = [dense, Layer(.nonlinearity(nonlinearity.function), at: nonlinearity.pointer)]
        return Architecture(
            layers: [Layer(.flatten, at: place), Layer(.repeat(times: depth, hidden), at: place.appending("depth")), dense], at: place)
    }

    var json: JSONValue {
        .object(JSONObject([
            ("depth", .integers(depths)), ("nonlinearity", .array(nonlinearities.map(\.function.json))), ("weight_std", .numbers(weightStds)),
            ("bias_std", .numbers(biasStds)), (ridges[0].member.name, .array(ridges.map(\.member.value))),
        ]))
    }
}
