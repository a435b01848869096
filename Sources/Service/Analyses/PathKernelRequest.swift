import FiniteNetworks
import JSON
import Jobs

/// What `POST /analyses/path-kernel` asks for: a run of a finished training taken apart into its training rows.
struct PathKernelRequest: JobRequest {
    static let endpoints = [JobEndpoint(path: "/analyses/path-kernel", kind: "analyses.path_kernel")]

    let training: RepeatedTraining
    /// Where the function is taken apart; nil: at the training's own test rows, or its training rows.
    let x: DataReference?

    private var queries: DataReference { x ?? training.training.xTest ?? training.training.x }

    init?(_ reader: RequestReader) throws {
        let members = reader.members
        let training = try RepeatedTraining(reader)
        let trained = try training.map(TrainedNetwork.init) ?? TrainedNetwork(of: members.value("training"), at: members.pointer(to: "training"), reader)
        let x = try reader.inputs("x", of: trained)
        reader.finish()
        if let training {
            let pointer = members.pointer(to: "training").appending("job")
            if training.network.outputCount != 1 {
                reader.faults.add(pointer, "A path kernel is that of a network with one output, and this one has \(training.network.outputCount); train one with a single output.")
            }
            if !training.training.plan.optimizer.isPlainDescent {
                reader.faults.add(pointer, "A path kernel follows plain gradient descent; train with the optimizer \"sgd\" without momentum.")
            }
        }
        guard reader.faults.isEmpty, let training else { return nil }
        (self.training, self.x) = (training, x)
    }

    var json: JSONValue {
        var object = JSONObject([("training", training.json)])
        if let x { object["x"] = x.json }
        return .object(object)
    }

    var size: (count: Int, name: String) { (queries.rows, "rows") }

    /// The training's plan for this run alone, and for what is wanted of it.
    private var plan: TrainingPlan {
        var plan = training.training.plan
        (plan.tracked, plan.recordEvery, plan.snapshotSteps, plan.tangentRows) = ([.pathKernel], max(1, plan.steps), [], [])
        return plan
    }

    func forecast(size count: Int, threads: Int) -> Forecast {
        let (training, network) = (self.training.training, self.training.network)
        let scalar = training.precision == .float64 ? 8 : 4
        let forecast = TrainingForecast(plan, network, rows: training.x.rows, testRows: count, scalar: scalar)
        let data = Forecast.product(Forecast.sum(training.x.rows, count), Forecast.sum(training.x.rowLength, 1), 24)
        let steps = Double(plan.steps) * Double(network.parameterCount)
        return Forecast(
            resultBytes: forecast.kept, peakBytes: Forecast.sum(Forecast.processBytes, data, forecast.running, Forecast.product(3, forecast.kept)),
            operations: steps * (6 * Double(plan.batchSize ?? training.x.rows) + 6 * Double(training.x.rows + count)))
    }

    func compute(_ context: JobContext) throws -> ComputationOutput {
        let loaded = try training.training.loadedPlan(context)
        var plan = plan
        (plan.train, plan.parameters) = (loaded.train, loaded.parameters)
        plan.test = TrainingData(rows: queries.rows, inputs: try RowLoader.values(of: queries, blobs: context.blobs), targets: nil)
        let faults = Faults()
        guard let sweep = TrainingSweep(plan, widths: training.width.map { [$0] }, seeds: [training.seed], faults: faults) else {
            throw DamagedSpecification(detail: faults.all.first?.detail ?? "a network does not fit")
        }
        var observer = TrainingSweep.Observer()
        observer.progress = { [context] in context.progress(completed: $0, total: $1, unit: "steps", message: "") }
        observer.isCancelled = { [context] in context.isCancelled }
        let runs =
            switch training.training.precision {
            case .float64: try sweep.run(in: Double.self, threads: context.threads, observer)
            case .float32: try sweep.run(in: Float.self, threads: context.threads, observer)
            }
        guard let run = runs?.first else { throw CancellationError() }
        guard let path = run.pathKernel else { throw LossSliceError.diverged(step: run.records.steps.last ?? 0, learningRateMax: run.learningRateMax) }
        var output = ComputationOutput()
        let arrays = [
            ("path_kernel", [path.rows, path.columns], path.kernel), ("path_coefficients", [path.rows, path.columns], path.coefficients),
            ("path_offsets", [path.rows], path.offsets), ("path_reconstruction", [path.rows], path.reconstruction), ("path_outputs", [path.rows], path.outputs),
        ]
        output.arrays = try arrays.map { name, shape, values in try ResultArray(name, shape: shape, values, blobs: context.blobs) }
        output.metrics["relative_defect"] = .finite(path.relativeDefect)
        output.metrics["steps"] = .integer(run.records.steps.last ?? 0)
        output.metrics["stop_reason"] = .string(run.stopReason.rawValue)
        output.metrics["learning_rate"] = .double(plan.optimizer.learningRate)
        return output
    }
}
