import Dynamics
import JSON
import Jobs

extension FieldRequest {
    func compute(_ context: JobContext) throws -> ComputationOutput {
        var output = ComputationOutput()
        output.members["sign"] = "field = -gradient"
        do {
            switch function {
            case .named(let field): return try compute(field, output, context)
            case .lossSlice(let slice):
                let function = try slice.function(context, output: &output)
                return try compute(function, output, context)
            }
        } catch FieldError.cancelled { throw CancellationError() }
    }

    private func compute(_ field: some PlaneFunction, _ given: ComputationOutput, _ context: JobContext) throws -> ComputationOutput {
        var output = given
        try addGrid(field, to: &output, context)
        var paths: [Trajectory] = []
        for (index, start) in starts.enumerated() {
            context.progress(completed: index, total: starts.count, unit: "paths", message: "")
            paths.append(
                try Trajectory(of: field, from: start, method: method, step: step, steps: steps, isCancelled: { context.isCancelled }))
        }
        if let quadratic = function.quadratic {
            let (smallest, largest) = quadratic.eigenvalues
            output.metrics["lambda_min"] = .finite(smallest)
            output.metrics["lambda_max"] = .finite(largest)
            output.metrics["step_max"] = .finite(smallest > 0 ? 2 / largest : nil)
        }
        output.metrics["trajectories"] = .array(paths.map(metrics))
        try add(paths, to: &output, context)
        return output
    }

    private func addGrid(_ field: some PlaneFunction, to output: inout ComputationOutput, _ context: JobContext) throws {
        var (points, values, gradient) = ([Double](), [Double](), [Double]())
        // Named functions take less time than asking does.
        let pause = if case .named = function { 4096 } else { 1 }
        for index in 0..<grid.count {
            if index % pause == 0 {
                try context.checkCancellation()
                context.progress(completed: index, total: grid.count, unit: "points", message: "")
            }
            let point = grid[index]
            let (value, slope) = field.evaluate(at: point)
            guard value.isFinite, slope.x.isFinite, slope.y.isFinite else { throw FieldError.notFinite(point) }
            points += [point.x, point.y]
            values.append(value)
            gradient += [slope.x, slope.y]
        }
        let pairs = [grid.count, 2]
        output.arrays += [
            try ResultArray("points", shape: pairs, points, blobs: context.blobs),
            try ResultArray("values", shape: [grid.count], values, blobs: context.blobs),
            try ResultArray("gradient", shape: pairs, gradient, blobs: context.blobs),
            // 0 − g and not −g, so that no zero is negative.
            try ResultArray("field", shape: pairs, gradient.map { 0 - $0 }, blobs: context.blobs),
        ]
    }

    private func add(_ paths: [Trajectory], to output: inout ComputationOutput, _ context: JobContext) throws {
        guard !paths.isEmpty else { return }
        let shape = [paths.count, steps + 1]
        let times = (0...steps).map { Double($0) * step }
        output.arrays += [
            try ResultArray("t", shape: [steps + 1], times, blobs: context.blobs),
            try ResultArray("trajectories", shape: shape + [2], paths.flatMap { $0.points.flatMap { [$0.x, $0.y] } }, blobs: context.blobs),
            try ResultArray("trajectory_values", shape: shape, paths.flatMap(\.values), blobs: context.blobs),
            try ResultArray("trajectory_gradient_norms", shape: shape, paths.flatMap(\.gradientNorms), blobs: context.blobs),
        ]
        guard let quadratic = function.quadratic else { return }
        var exact: [Double] = []
        for start in starts {
            for time in times {
                let point = quadratic.flow(from: start, time: time)
                guard point.x.isFinite, point.y.isFinite else { throw FieldError.notFinite(start) }
                exact += [point.x, point.y]
            }
        }
        output.arrays.append(try ResultArray("exact_trajectories", shape: shape + [2], exact, blobs: context.blobs))
    }

    private func metrics(_ path: Trajectory) -> JSONValue {
        var members = JSONObject([
            ("energy_defect", .finite(path.energyDefect)), ("dissipated", .finite(path.dissipated)),
            ("largest_rise", .finite(path.largestRise)), ("final_value", .finite(path.values.last)),
            ("final_gradient_norm", .finite(path.gradientNorms.last)),
        ])
        if let quadratic = function.quadratic, let rates = DescentRates(of: path, on: quadratic, step: step) {
            members["convex_rate_ratio"] = .finite(rates.convex)
            members["strongly_convex_rate_ratio"] = .finite(rates.stronglyConvex)
        }
        return .object(members)
    }
}

/// Trouble with a field, as a failed job says it.
extension FieldError: NumericalFailure {
    var code: JobErrorCode {
        switch self {
        case .notFinite: .nonFiniteResult
        case .diverged: .diverged
        // Never recorded: a cancelled computation is no failure.
        case .cancelled: .internalError
        }
    }

    var title: String {
        switch self {
        case .notFinite: "The function is not finite"
        case .diverged: "The path diverges"
        case .cancelled: "The computation was cancelled"
        }
    }

    var detail: String {
        switch self {
        case .notFinite(let point): "At (\(point.x), \(point.y)) the function, its gradient or its flow is beyond what float64 holds; ask for a smaller range or fewer steps."
        case .diverged(let start, let step, let steps):
            "The path from (\(start.x), \(start.y)) in steps of \(step) leaves every bound by step \(steps); take a smaller \"step\"."
        case .cancelled: "The job was cancelled."
        }
    }

    var members: [(name: String, value: JSONValue)] {
        switch self {
        case .notFinite(let point): [("point", point.json)]
        case .diverged(let start, let step, let steps): [("start", start.json), ("step", .finite(step)), ("steps", .integer(steps))]
        case .cancelled: []
        }
    }
}
