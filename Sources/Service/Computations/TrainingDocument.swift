import FiniteNetworks
import JSON
import Jobs

/// The result of a training as a document: curves by run, scaling fits, and the arrays that go with them.
struct TrainingDocument {
    let request: TrainingRequest
    let plan: TrainingPlan
    let runs: [RunResult]

    init(_ request: TrainingRequest, _ plan: TrainingPlan, _ runs: [RunResult]) {
        (self.request, self.plan, self.runs) = (request, plan, runs)
    }

    func output(blobs: BlobStore) throws -> ComputationOutput {
        var output = ComputationOutput()
        var documents: [JSONValue] = []
        for (index, run) in runs.enumerated() {
            let arrays = try self.arrays(run, number: index, blobs: blobs)
            output.arrays += arrays.map(\.array)
            documents.append(document(run, arrays: arrays.map { (name: $0.name, value: .string($0.array.name)) }))
        }
        output.members["runs"] = .array(documents)
        output.members["scaling"] = .object(
            JSONObject(
                runs.scaling.map { name, law in
                    (
                        name: name,
                        value: [
                            "slope": .double(law.slope), "intercept": .double(law.intercept), "r2": .double(law.r2),
                            "slope_standard_error": law.slopeStandardError.map { .double($0) } ?? .null,
                        ]
                    )
                }))
        output.metrics["runs"] = .integer(runs.count)
        output.metrics["diverged"] = .integer(runs.count { $0.stopReason == .diverged })
        return output
    }

    private func document(_ run: RunResult, arrays: [(name: String, value: JSONValue)]) -> JSONValue {
        let records = run.records
        var object = JSONObject([
            ("width", run.width.map { .integer($0) } ?? .null), ("seed", run.seed.map { .integer(Int(clamping: $0)) } ?? .null),
            ("steps", .integers(records.steps)), ("loss", curve(records.loss)),
        ])
        if !records.testLoss.isEmpty { object["test_loss"] = curve(records.testLoss) }
        if !records.accuracy.isEmpty { object["accuracy"] = curve(records.accuracy) }
        if !records.testAccuracy.isEmpty { object["test_accuracy"] = curve(records.testAccuracy) }
        object["weight_drift"] = [
            "relative": ratios(records.drift.map { run.initialNorm > 0 ? $0 / run.initialNorm : .nan }), "absolute": curve(records.drift), "layers": layers(records),
            "initial_norm": .double(run.initialNorm),
        ]
        if plan.tracked.contains(.kernelDrift) {
            object["kernel_drift"] = ["relative": ratios(records.kernelDrift), "alignment": ratios(records.kernelAlignment)]
        }
        if plan.tracked.contains(.linearized) { object["linearized"] = linearized(run) }
        if let path = run.pathKernel { object["path_kernel"] = ["relative_defect": number(path.relativeDefect)] }
        object["lambda_max"] = number(run.lambdaMax)
        object["learning_rate_max"] = number(run.learningRateMax)
        if plan.tracked.contains(.kappa) { object["kappa"] = number(run.kappa) }
        if !run.snapshotSteps.isEmpty { object["snapshot_steps"] = .integers(run.snapshotSteps) }
        object["stop_reason"] = .string(run.stopReason.rawValue)
        object["parameters"] = .integer(run.parameterCount)
        if !arrays.isEmpty { object["arrays"] = .object(JSONObject(arrays)) }
        return .object(object)
    }

    /// Its curves have null from where it diverged.
    private func linearized(_ run: RunResult) -> JSONValue {
        let records = run.records
        func curve(_ values: [Double]) -> JSONValue {
            let missing = records.steps.count - values.count
            return missing == 0 ? ratios(values) : .array(values.map { number($0) } + [JSONValue](repeating: .null, count: missing))
        }
        var linear = JSONObject([
            ("loss", curve(records.linearLoss)), ("output_rmse", curve(records.linearRMSE)),
            ("predicted_relative_drift", curve(records.linearDrift.map { run.initialNorm > 0 ? $0 / run.initialNorm : .nan })),
            ("weight_space_disagreement", number(run.linearizedDisagreement)),
            ("diverged_at_step", run.linearizedDivergedAtStep.map { .integer($0) } ?? .null),
        ])
        if !records.linearTestRMSE.isEmpty { linear["test_output_rmse"] = curve(records.linearTestRMSE) }
        return .object(linear)
    }

    /// One curve for each trainable layer.
    private func layers(_ records: RunRecords) -> JSONValue {
        let count = records.steps.isEmpty ? 0 : records.layerDrift.count / records.steps.count
        return .array((0..<count).map { layer in ratios(records.steps.indices.map { records.layerDrift[$0 * count + layer] }) })
    }

    private func curve(_ values: [Double]) -> JSONValue { .numbers(values) }

    /// A curve with null for each ratio that is none: there is no change relative to weights or a kernel that are zero.
    private func ratios(_ values: [Double]) -> JSONValue { values.allSatisfy(\.isFinite) ? curve(values) : .array(values.map { number($0) }) }

    private func number(_ value: Double?) -> JSONValue {
        guard let value, value.isFinite else { return .null }
        return .double(value)
    }

    /// The arrays of a run, each called what it is and the number of the run.
    private func arrays(_ run: RunResult, number: Int, blobs: BlobStore) throws -> [(name: String, array: ResultArray)] {
        let (records, outputs) = (run.records, request.networks[0].outputCount)
        let (steps, rows, testRows) = (records.steps.count, request.x.rows, request.xTest?.rows ?? 0)
        // Those before it diverged.
        let linearSteps = records.linearLoss.count
        let tangents = plan.tangentRows.count
        var candidates: [(name: String, shape: [Int], values: [Double])] = [
            ("outputs", [steps, rows, outputs], records.outputs),
            ("test_outputs", [steps, testRows, outputs], records.testOutputs),
            ("linearized_outputs", [linearSteps, rows, outputs], records.linearOutputs),
            ("linearized_test_outputs", [linearSteps, testRows, outputs], records.linearTestOutputs),
            ("tangent_cosines", [steps, tangents, tangents], records.tangentCosines),
            ("parameters", [run.snapshotSteps.count, run.parameterCount], run.snapshots),
        ]
        if let path = run.pathKernel {
            candidates += [
                ("path_kernel", [path.rows, path.columns], path.kernel), ("path_coefficients", [path.rows, path.columns], path.coefficients),
                ("path_offsets", [path.rows], path.offsets), ("path_reconstruction", [path.rows], path.reconstruction),
                ("path_outputs", [path.rows], path.outputs),
            ]
        }
        return try candidates.filter { !$0.values.isEmpty }.map { name, shape, values in
            (name, try ResultArray("\(name)_\(number)", shape: shape, values, blobs: blobs))
        }
    }
}
