import Architectures
import FiniteNetworks
import JSON
import Jobs

/// What `POST /trainings` and `POST /experiments/width-scaling` ask for, checked. The experiment is a training whose members
/// all have defaults: those of the post (``PostExperiment``).
struct TrainingRequest: JobRequest {
    static let endpoints = [
        JobEndpoint(path: "/trainings", kind: "trainings"),
        JobEndpoint(path: "/experiments/width-scaling", kind: "experiments.width_scaling"),
    ]

    /// What is trained and how, without its data, which a worker loads.
    let plan: TrainingPlan
    let x: DataReference
    let y: DataReference
    let xTest: DataReference?
    let yTest: DataReference?
    let task: LearningTask
    let widths: [Int]?
    let seeds: [Int]
    let parameters: DataReference?
    /// The id of the network that brought the parameters.
    let storedNetwork: String?
    let precision: KernelRequest.Precision
    /// The networks, one for each width.
    let networks: [FiniteNetwork]

    init?(_ reader: RequestReader) throws {
        let (members, faults) = (reader.members, reader.faults)
        let defaults: PostExperiment? = reader.kind == "experiments.width_scaling" ? PostExperiment() : nil
        let settings = TrainingSettings(members, defaults: defaults)
        let stored = try reader.storedNetwork(in: settings.precision)
        let architecture = defaults != nil && !members.has("architecture") && !members.has("network") ? defaults?.architecture : reader.architecture(orThatOf: stored)
        let inputShape = members.integers("input_shape", in: 1..., count: 1...3)
        let task = members.task()
        let data = try TrainingReferences(reader, task: task, inputShape: inputShape, stored: stored, defaults: defaults)
        let isGiven = members.has("parameters") || members.has("network")
        let widths = isGiven ? nil : settings.widths
        let hasWidths = !isGiven && (widths != nil || members.has("widths"))
        // What does not depend on the width is that of any of them, also where they cannot be read.
        let network = (hasWidths ? architecture?.withHiddenWidth(widths?.first ?? 1) : architecture).flatMap {
            reader.finiteNetwork($0, inputs: data.x, named: "x")
        }
        if let stored, let network { stored.check(network, members) }
        let given = try reader.parameters("parameters", of: network, in: settings.precision)
        let parameters = stored?.parameters ?? given
        reader.refuseParametersBesideNetwork()
        reader.finish()
        if isGiven { settings.checkBesideParameters(members) }
        if hasWidths, let architecture, !architecture.hasHiddenLayers {
            if members.has("widths") || defaults == nil {
                members.fault(at: "widths", "The network has no hidden dense or conv layer whose width could be replaced; leave widths out, or add a layer before the last one.")
            } else {
                members.fault(at: "architecture", "The experiment trains networks of several widths, and this one has no hidden dense or conv layer; add a layer before the last one, or train it with POST /trainings.")
            }
        }
        data.check(network, task: task, loss: settings.loss, members)
        reader.checkRange(of: data.x, "x", in: settings.precision)
        reader.checkRange(of: data.xTest, "x_test", in: settings.precision)
        reader.checkRange(of: data.y, "y", in: settings.precision)
        reader.checkRange(of: data.yTest, "y_test", in: settings.precision)
        settings.check(network, rows: data.rows, members)
        guard faults.isEmpty, let architecture, let network, let task, let x = data.x, let y = data.y,
            // Widths of hidden layers that others take the place of are no part of what was asked for.
            let plan = settings.plan(widths == nil ? architecture : architecture.withHiddenWidth(nil), data, task: task)
        else { return nil }
        var networks: [FiniteNetwork] = []
        for width in widths ?? [] {
            guard let wider = reader.finiteNetwork(architecture.withHiddenWidth(width), inputs: x, named: "x") else { return nil }
            networks.append(wider)
        }
        self.plan = plan
        self.networks = widths == nil ? [network] : networks
        (self.x, self.y, xTest, yTest, self.task) = (x, y, data.xTest, data.yTest, task)
        (self.widths, seeds, precision, self.parameters) = (widths, settings.seeds, settings.precision, parameters)
        storedNetwork = stored?.id
    }

    /// The request as understood, with its defaults filled in; shown in the result.
    var json: JSONValue {
        var object = JSONObject([
            ("architecture", plan.architecture.json), ("x", x.json), ("y", y.json), ("input_shape", .integers(x.shape)),
            ("task", .string(task.rawValue)), ("loss", .string(plan.loss.rawValue)), ("seeds", .integers(seeds)),
            ("optimizer", optimizer), ("steps", .integer(plan.steps)), ("record_every", .integer(plan.recordEvery)),
            ("track", .strings(Tracked.allCases.filter(plan.tracked.contains).map(\.rawValue))),
            ("center_outputs", .bool(plan.centerOutputs)), ("output_scale", .double(plan.outputScale)),
            ("precision", .string(precision.rawValue)),
        ])
        if let xTest { object["x_test"] = xTest.json }
        if let yTest { object["y_test"] = yTest.json }
        if let widths { object["widths"] = .integers(widths) }
        if let storedNetwork {
            object["network"] = .string(storedNetwork)
        } else if let parameters {
            object["parameters"] = ["inline": ["parameters": .integer(parameters.rowLength)]]
        }
        // Null, and not left out, where an experiment was asked not to stop early.
        object["stop_at_loss"] = plan.stopAtLoss.map { .double($0) } ?? .null
        if plan.tracked.contains(.tangents) { object["tangent_rows"] = .integers(plan.tangentRows) }
        if !plan.snapshotSteps.isEmpty { object["snapshot_steps"] = .integers(plan.snapshotSteps) }
        return .object(object)
    }

    private var optimizer: JSONValue {
        var object: JSONObject
        switch plan.optimizer {
        case .sgd(let rate, let momentum):
            object = JSONObject([("type", .string("sgd")), ("learning_rate", .double(rate)), ("momentum", .double(momentum))])
        case .adam(let rate, let beta1, let beta2, let epsilon):
            object = JSONObject([
                ("type", .string("adam")), ("learning_rate", .double(rate)), ("beta1", .double(beta1)), ("beta2", .double(beta2)),
                ("epsilon", .double(epsilon)),
            ])
        }
        if let batch = plan.batchSize { object["batch_size"] = .integer(batch) }
        return .object(object)
    }
}

extension TrainingRequest {
    var size: (count: Int, name: String) { (x.rows, "rows") }
    var advice: String? { "use a smaller width, fewer seeds, or track less" }

    /// The widest networks that train at once, and what all of them leave.
    func forecast(size count: Int, threads: Int) -> Forecast {
        let scalar = precision == .float64 ? 8 : 4
        let runs = networks.map {
            TrainingForecast(plan, $0, rows: count, testRows: xTest.map { min($0.rows, count) } ?? 0, scalar: scalar)
        }
        let most = runs.map(\.running).max() ?? 0
        let kept = runs.reduce(0) { Forecast.sum($0, Forecast.product($1.kept, seeds.count)) }
        let data = Forecast.product(count + (xTest?.rows ?? 0), x.rowLength + networks[0].outputCount, 16)
        return Forecast(
            resultBytes: kept,
            peakBytes: Forecast.sum(
                Forecast.processBytes, data, Forecast.product(most, min(threads, networks.count * seeds.count)), Forecast.product(kept, 3)))
    }
}
