import Dynamics
import JSON
import Jobs

/// What a field is the field of.
enum FieldFunction: Sendable {
    case named(ScalarField)
    case lossSlice(LossSliceRequest)

    /// The quadratic, whose flow is known exactly.
    var quadratic: Quadratic? {
        if case .named(.quadratic(let quadratic)) = self { quadratic } else { nil }
    }

    fileprivate init?(_ members: ObjectReader, _ reader: RequestReader) throws {
        if members.has("loss_slice") {
            guard let slice = try LossSliceRequest(members, reader) else { return nil }
            self = .lossSlice(slice)
        } else {
            guard let field = ScalarField(members) else { return nil }
            self = .named(field)
        }
    }

    fileprivate var json: JSONValue {
        switch self {
        case .named(let field): field.json
        case .lossSlice(let slice): slice.json
        }
    }
}

/// What `POST /flows/field` asks for: a function of the plane on a grid, its descent field, and paths down it.
struct FieldRequest: JobRequest {
    static let endpoints = [JobEndpoint(path: "/flows/field", kind: "flows.field")]

    let function: FieldFunction
    let grid: FieldGrid
    let starts: [SIMD2<Double>]
    let method: Trajectory.Method
    let step: Double
    let steps: Int

    init?(_ reader: RequestReader) throws {
        let members = reader.members
        let function = try members.requiredObject("function").flatMap { try FieldFunction($0, reader) }
        let grid = members.requiredObject("grid").flatMap(FieldGrid.init)
        starts = (members.array("starts", count: 0...1000) ?? []).compactMap { reader.faults.point($0.value, at: $0.pointer) }
        method = members.choice("method", default: .rk4)
        step = members.number("step", in: .positive, default: 0.01)
        steps = members.integer("steps", in: 1...1_000_000, default: 1000)
        reader.finish()
        guard reader.faults.isEmpty, let function, let grid else { return nil }
        self.function = function
        self.grid = grid
    }

    var json: JSONValue {
        [
            "function": function.json, "grid": ["x": grid.x.json, "y": grid.y.json], "starts": .array(starts.map(\.json)),
            "method": .string(method.rawValue), "step": .double(step), "steps": .integer(steps),
        ]
    }

    var size: (count: Int, name: String) { (grid.count, "grid_points") }
    var advice: String? { "ask for fewer starts or steps" }

    func forecast(size count: Int, threads: Int) -> Forecast {
        // Of a point of the grid: itself, value, gradient and field; of a step: point, value, slope and, of quadratics, the exact point.
        let arrays = Forecast.sum(Forecast.product(count, 7, 8), Forecast.product(starts.count, Forecast.sum(steps, 1), 6, 8))
        let evaluations = Double(count) + (method == .rk4 ? 5 : 1) * Double(starts.count) * Double(steps)
        var forecast = Forecast(
            resultBytes: arrays, peakBytes: Forecast.sum(Forecast.processBytes, Forecast.product(3, arrays)), operations: 60 * evaluations)
        if case .lossSlice(let slice) = function {
            forecast.peakBytes = Forecast.sum(slice.peakBytes(threads: threads), Forecast.product(3, arrays))
            forecast.operations = slice.operations * evaluations + slice.trainingOperations
        }
        return forecast
    }
}

private enum FunctionName: String, CaseIterable {
    case cosineBowl = "cosine_bowl"
    case quadratic, rosenbrock, himmelblau
}

extension ScalarField {
    /// Nil, with the faults recorded, where the members describe none.
    fileprivate init?(_ members: ObjectReader) {
        let name = members.requiredChoice("name", of: FunctionName.self)
        var quadratic: Quadratic?
        // Of a name that cannot be read, the members of any are known.
        if name == .quadratic || name == nil { quadratic = Quadratic(members) }
        members.finish()
        switch name {
        case .cosineBowl: self = .cosineBowl
        case .rosenbrock: self = .rosenbrock
        case .himmelblau: self = .himmelblau
        case .quadratic:
            guard let quadratic else { return nil }
            self = .quadratic(quadratic)
        case nil: return nil
        }
    }

    fileprivate var json: JSONValue {
        switch self {
        case .cosineBowl: ["name": .string(FunctionName.cosineBowl.rawValue)]
        case .rosenbrock: ["name": .string(FunctionName.rosenbrock.rawValue)]
        case .himmelblau: ["name": .string(FunctionName.himmelblau.rawValue)]
        case .quadratic(let quadratic):
            [
                "name": .string(FunctionName.quadratic.rawValue),
                "matrix": .array([.numbers([quadratic.a, quadratic.b]), .numbers([quadratic.b, quadratic.d])]), "center": quadratic.center.json,
            ]
        }
    }
}

extension Quadratic {
    fileprivate init?(_ members: ObjectReader) {
        var center: SIMD2<Double>? = .zero
        if let value = members.value("center") { center = members.faults.point(value, at: members.pointer(to: "center")) }
        guard let matrix = members.value("matrix") else {
            // The round bowl, for those who only name the function.
            guard let center else { return nil }
            self.init(a: 1, b: 0, d: 1, center: center)
            return
        }
        guard let rows = members.faults.list(matrix, at: members.pointer(to: "matrix"), count: 2...2, { members.faults.point($0, at: $1) }) else { return nil }
        guard rows[0].y == rows[1].x else {
            members.fault(at: "matrix", "It must be symmetric; send (A + Aᵀ)/2, which is the same quadratic.")
            return nil
        }
        guard let center else { return nil }
        self.init(a: rows[0].x, b: rows[0].y, d: rows[1].y, center: center)
    }
}

extension FieldGrid {
    fileprivate init?(_ members: ObjectReader) {
        let (x, y) = (Axis(members, "x"), Axis(members, "y"))
        members.finish()
        guard let x, let y else { return nil }
        self.init(x: x, y: y)
    }
}

extension Faults {
    fileprivate func point(_ value: JSONValue, at pointer: JSONPointer) -> SIMD2<Double>? {
        list(value, at: pointer, count: 2...2) { number($0, at: $1) }.map { SIMD2($0[0], $0[1]) }
    }
}

extension SIMD2<Double> {
    var json: JSONValue { .numbers([x, y]) }
}
