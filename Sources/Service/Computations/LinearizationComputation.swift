import Arrays
import FiniteNetworks
import JSON
import Jobs

extension LinearizationRequest {
    func compute(_ context: JobContext) throws -> ComputationOutput {
        let (start, direction) = try weights(context.blobs)
        let expansion = try TaylorExpansion(
            network, at: start, along: direction, scales: scales, inputs: try RowLoader.values(of: x, blobs: context.blobs),
            threads: context.threads
        ) { done, passes in
            try context.checkCancellation()
            context.progress(completed: done, total: passes, unit: "passes", message: "")
        }
        return try output(expansion, start: start, direction: direction, context.blobs)
    }

    /// w₀ and the displacement.
    private func weights(_ blobs: BlobStore) throws -> (start: [Double], direction: [Double]) {
        if case .trained(let run) = displacement {
            let start = try run.start(of: network, blobs)
            return (start, zip(try run.parameters(blobs), start).map { $0 - $1 })
        }
        let start = try parameters.map { try RowLoader.values(of: $0, blobs: blobs) } ?? network.initialParameters(seed: UInt64(seed))
        switch displacement {
        case .given(let reference): return (start, try RowLoader.values(of: reference, blobs: blobs))
        case .random(let seed, let share):
            return (start, network.randomDisplacement(seed: UInt64(seed), norm: share * start.norm(over: network.trainableRanges)))
        case .trained: return (start, start)
        }
    }

    private func output(
        _ expansion: TaylorExpansion, start: [Double], direction: [Double], _ blobs: BlobStore
    ) throws -> ComputationOutput {
        var output = ComputationOutput()
        if case .trained = displacement { output.members["architecture"] = network.architecture.json }
        output.members["scales"] = .numbers(scales)
        var (errors, slopes) = (JSONObject(), JSONObject())
        let (one, all) = ([x.rows, network.outputCount], [scales.count, x.rows, network.outputCount])
        func add(_ name: String, _ shape: [Int], _ values: [Double]) throws {
            output.arrays.append(try ResultArray(name, shape: shape, values, blobs: blobs))
        }
        try add("outputs", all, expansion.outputs)
        for order in TaylorExpansion.Order.allCases {
            try add(order.rawValue, all, scales.flatMap { expansion.expansion(order, at: $0) })
            let misses = expansion.errors(order)
            errors[order.rawValue] = ["rms": .numbers(misses.rms), "max": .numbers(misses.max)]
            slopes[order.rawValue] = ["rms": slope(expansion, misses.rms), "max": slope(expansion, misses.max)]
        }
        try add("initial_outputs", one, expansion.start)
        try add("first_derivative", one, expansion.first)
        try add("second_derivative", one, expansion.second)
        output.members["errors"] = .object(errors)
        output.members["slopes"] = .object(slopes)
        output.metrics["parameters"] = .integer(network.parameterCount)
        output.metrics["initial_norm"] = .double(start.norm(over: network.trainableRanges))
        output.metrics["displacement_norm"] = .double(direction.norm(over: [0..<direction.count]))
        return output
    }

    private func slope(_ expansion: TaylorExpansion, _ errors: [Double]) -> JSONValue {
        guard let (law, points) = expansion.law(of: errors) else { return .null }
        return [
            "slope": .double(law.slope), "intercept": .double(law.intercept), "r2": .double(law.r2),
            "slope_standard_error": law.slopeStandardError.map { .double($0) } ?? .null, "scales": .integer(points),
        ]
    }
}

extension TaylorError: NumericalFailure {
    var code: JobErrorCode { .nonFiniteResult }
    var title: String { "The network is not finite" }

    var detail: String {
        switch self {
        case .notFinite(let scale):
            scale == 0
                ? "The network's outputs are beyond what float64 holds; give it smaller inputs or parameters."
                : "At the scale \(scale) the outputs or their expansion are beyond what float64 holds; ask for smaller scales."
        }
    }
}
