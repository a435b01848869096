import Architectures
import Dynamics
import FiniteNetworks
import InfiniteNetworks
import JSON
import Jobs

/// What `POST /analyses/influence` asks for: what a step of gradient descent on some examples does to the outputs at other inputs,
/// in networks of finite width and by the kernel of the infinitely wide one.
struct InfluenceRequest: JobRequest {
    static let endpoints = [JobEndpoint(path: "/analyses/influence", kind: "analyses.influence")]

    enum Width: String, Sendable, CaseIterable { case finite, infinite }

    let architecture: Architecture
    /// Where the outputs are looked at: the points of a grid over one or two features, or given ones.
    let points: InfluencePoints
    let xStep: DataReference
    let yStep: DataReference
    let task: LearningTask
    let loss: Loss
    let learningRate: Double
    let seeds: [Int]
    let parameters: DataReference?
    /// Nil where it is not asked for.
    let finite: FiniteNetwork?
    let infinite: InfiniteNetwork?

    /// The most examples of a step.
    static let mostSteps = 1000

    init?(_ reader: RequestReader) throws {
        let (members, faults) = (reader.members, reader.faults)
        let inputShape = members.integers("input_shape", in: 1..., count: 1...3)
        let task = members.task()
        loss = members.choice("loss", default: .halfSum)
        let learningRate = members.requiredNumber("learning_rate", in: .positive)
        let xStep = try reader.requiredInputs("x_step", inputShape: inputShape)
        let yStep = try reader.requiredTargets("y_step", task: task, rows: reader.rows(of: xStep, "x_step"))
        let points = try InfluencePoints(reader, inputShape: inputShape)
        let told = members.has("networks") ? members.choices("networks", of: Width.self, count: 1...) : Width.allCases
        // Of those that cannot be read altogether, the ones that can.
        let widths = told ?? Width.allCases.filter { members.place(of: $0, in: "networks") != nil }
        let architecture = reader.architecture(for: .infiniteKernel)
        let finite: FiniteNetwork? = architecture.flatMap { architecture in
            widths.contains(.finite) ? reader.finiteNetwork(architecture, inputs: xStep, named: "x_step") : nil
        }
        let infinite: InfiniteNetwork? = architecture.flatMap { architecture in
            widths.contains(.infinite) ? reader.network(architecture, inputs: xStep, named: "x_step") : nil
        }
        seeds = members.integers("seeds", in: 0..., count: 1...1000) ?? [0]
        let parameters = try reader.parameters("parameters", of: finite)
        reader.finish()
        if members.has("seeds"), members.has("parameters") {
            members.fault(at: "seeds", "The network is that of \"parameters\"; leave one of the two out.")
        }
        for name in ["seeds", "parameters"] where told?.contains(.finite) == false && members.has(name) {
            members.fault(at: name, "It is of finite networks, which \"networks\" leaves out.")
        }
        if let rows = reader.rows(of: xStep, "x_step"), rows > Self.mostSteps {
            members.fault(at: "x_step", "A step is taken on at most \(Self.mostSteps) examples, and these are \(rows); send fewer.")
        }
        if let finite { Self.check(reader.outline("y_step"), of: finite, task: task, members) }
        if loss == .crossEntropy, task == .regression {
            members.fault(at: "loss", "Cross-entropy wants classes; send \"task\": \"classification\".")
        }
        guard faults.isEmpty, let architecture, let points, let xStep, let yStep, let task, let learningRate else { return nil }
        (self.architecture, self.points, self.xStep, self.yStep, self.task) = (architecture, points, xStep, yStep, task)
        (self.learningRate, self.parameters, self.finite, self.infinite) = (learningRate, parameters, finite, infinite)
    }

    private static func check(_ targets: RowOutline, of network: FiniteNetwork, task: LearningTask?, _ members: ObjectReader) {
        let k = network.outputCount
        if task == .regression, let columns = targets.rowLength, columns != k {
            members.fault(at: "y_step", "The targets have \(columns) columns and the network \(k) outputs; both must be as many.")
        }
        if task == .classification, let count = targets.classCount, count > k {
            members.fault(at: "y_step", "There are classes up to \(count - 1), but the network has \(k) outputs; give its last layer one for each class.")
        }
    }

    /// Columns of the outputs.
    var outputs: Int { finite?.outputCount ?? (task == .classification ? max(2, yStep.classCount) : yStep.rowLength) }
    /// Finite networks; one set of outputs that are all zero, where there are none.
    var runs: Int { finite == nil || parameters != nil ? 1 : seeds.count }

    var json: JSONValue {
        var object = JSONObject([("architecture", architecture.json), ("x_step", xStep.json), ("y_step", yStep.json)])
        object[points.member.name] = points.member.value
        object["input_shape"] = .integers(xStep.shape)
        object["task"] = .string(task.rawValue)
        object["loss"] = .string(loss.rawValue)
        object["learning_rate"] = .double(learningRate)
        object["networks"] = .strings(Width.allCases.filter { $0 == .finite ? finite != nil : infinite != nil }.map(\.rawValue))
        if let parameters {
            object["parameters"] = ["inline": ["parameters": .integer(parameters.rowLength)]]
        } else if finite != nil {
            object["seeds"] = .integers(seeds)
        }
        return .object(object)
    }

    var size: (count: Int, name: String) { (points.count, "points") }
    var advice: String? { "use smaller widths or fewer seeds" }

    func forecast(size count: Int, threads: Int) -> Forecast {
        let (k, s) = (outputs, xStep.rows)
        let matrix = Forecast.product(count, Forecast.sum(s, Forecast.product(4, k)), 8)
        let results = Forecast.sum(
            Forecast.product(finite == nil ? 0 : runs, matrix), infinite == nil ? 0 : Forecast.product(count, Forecast.sum(s, Forecast.product(runs, k)), 8))
        let inputs = Forecast.product(count, xStep.rowLength, 8)
        // Three copies of the parameters with their gradient; blocks of at most 256 points, their values and factors.
        let network = finite.map { Forecast.sum(Forecast.product(5, $0.parameterCount, 8), 256 << 20) } ?? 0
        let kernel = infinite.map { Forecast.bytes($0.forecast(rows: count, columns: s, bytesPerElement: 8, threads: threads).workingBytes) } ?? 0
        let passes = finite.map { 2 * Double($0.parameterCount) * Double(count) * Double(5 + 2 * k) * Double(runs) } ?? 0
        return Forecast(
            resultBytes: results, peakBytes: Forecast.sum(Forecast.processBytes, Forecast.product(3, results), Forecast.product(2, inputs), network, kernel),
            operations: passes)
    }
}

/// Where outputs are looked at.
struct InfluencePoints: Sendable {
    enum Place: Sendable {
        case grid(x: FieldGrid.Axis, y: FieldGrid.Axis?)
        case data(DataReference)
    }

    let place: Place

    /// The most points of a grid.
    static let mostPoints = 1_000_000

    /// `grid` or `x`; nil, with the faults recorded, where neither fits the examples of the step.
    init?(_ reader: RequestReader, inputShape: [Int]?) throws {
        let members = reader.members
        let inputs = try reader.inputs("x", inputShape: inputShape)
        reader.checkShape(of: "x", beside: "x_step")
        let hasInputs = members.hasValue("x")
        if members.has("grid"), hasInputs { members.fault(at: "x", "The points are those of \"grid\"; leave one of the two out.") }
        guard let grid = members.object("grid") else {
            if !hasInputs, !members.has("grid") {
                members.faults.add(members.pointer, "The points are missing; send \"grid\": {\"x\": [from, to, number], \"y\": ..} or inputs as \"x\".")
            }
            guard let inputs else { return nil }
            place = .data(inputs)
            return
        }
        let x = FieldGrid.Axis(grid, "x")
        let y = grid.has("y") ? FieldGrid.Axis(grid, "y") : nil
        let features = grid.has("y") ? 2 : 1
        grid.finish()
        if let shape = reader.outline("x_step").shape, shape != [features] {
            members.fault(at: "grid", "It spans \(features == 1 ? "1 feature" : "2 features"), and rows of x_step have shape \(shape); send points as \"x\" for inputs of more features, and \"y\" of the grid for two.")
        }
        guard let x, (y != nil) == (features == 2) else { return nil }
        if x.count * (y?.count ?? 1) > Self.mostPoints {
            members.fault(at: "grid", "It has \(x.count * (y?.count ?? 1)) points; at most \(Self.mostPoints) are looked at, so ask for fewer along an axis.")
        }
        place = .grid(x: x, y: y)
    }

    var count: Int {
        switch place {
        case .grid(let x, let y): x.count * (y?.count ?? 1)
        case .data(let data): data.rows
        }
    }

    var member: (name: String, value: JSONValue) {
        switch place {
        case .grid(let x, nil): ("grid", ["x": x.json])
        case .grid(let x, let y?): ("grid", ["x": x.json, "y": y.json])
        case .data(let data): ("x", data.json)
        }
    }

    /// [points, features]; a grid runs through x first.
    func values(_ context: JobContext) throws -> [Double] {
        switch place {
        case .grid(let x, nil): x.values
        case .grid(let x, let y?):
            (0..<count).flatMap { index -> [Double] in
                let point = FieldGrid(x: x, y: y)[index]
                return [point.x, point.y]
            }
        case .data(let data): try RowLoader.values(of: data, blobs: context.blobs)
        }
    }
}
