import Dynamics
import Foundation
import InfiniteNetworks
import JSON
import LinearAlgebra

/// What `POST /flows/outputs` asks for, checked.
struct OutputFlowRequest: JobRequest {
    static let endpoints = [JobEndpoint(path: "/flows/outputs", kind: "flows.outputs")]

    let data: PredictionData
    let kinds: [KernelKind]
    let times: [Double]
    let learningRate: Double
    let momentum: Double
    let loss: OutputLoss
    let ridge: Ridge
    /// Whether gradient descent is computed beside the flow.
    let discrete: Bool

    /// Steps that are taken one by one where a loss has no closed form.
    static let mostSteps = 1_000_000.0

    init?(_ reader: RequestReader) throws {
        let members = reader.members
        let toldKinds = members.choices("kinds", of: KernelKind.self, count: 1...)
        kinds = toldKinds ?? [.ntk]
        let loss = members.choice("loss", of: OutputLoss.self, default: .halfMean)
        self.loss = loss
        times = members.times("times", default: [0, 1, 10, 100, 1000], allowingInfinity: loss.squared != nil)
        learningRate = members.number("learning_rate", in: .positive, default: 1)
        let momentum = members.number("momentum", in: .nonNegative, default: 0)
        if momentum >= 1 { members.fault(at: "momentum", "This must be below 1, or nothing ever comes to rest.") }
        self.momentum = momentum
        ridge = Ridge(members)
        discrete = members.bool("discrete", default: true)
        let data = try PredictionData(reader, kinds: toldKinds == nil && members.has("kinds") ? nil : kinds)
        reader.finish()
        if loss.squared == nil, let longest = times.max(), longest > Self.mostSteps {
            members.fault(at: "times", "Without a closed form every step is taken, and \(longest) are too many; ask for times up to \(Self.mostSteps), or a squared loss.")
        }
        if loss == .crossEntropy, members.meansRegression {
            members.fault(at: "loss", "Cross-entropy wants classes; set \"task\" to \"classification\" and send targets 0, 1, ..., or use a squared loss.")
        }
        if loss == .logistic {
            if members.value("task") == .string(LearningTask.classification.rawValue) { members.fault(at: "loss", Self.logisticTargets) }
            for name in ["y_train", "y_test"] where members.meansRegression {
                if let targets = reader.references[members.pointer(to: name)] { try Self.checkSigns(targets, name, reader) }
            }
        }
        guard reader.faults.isEmpty, let data else { return nil }
        self.data = data
    }

    private static let logisticTargets = "The logistic loss wants targets 1 and -1, one for each input, and \"task\" left out."

    /// The values decide, wherever they come from.
    private static func checkSigns(_ targets: DataReference, _ name: String, _ reader: RequestReader) throws {
        let pointer = reader.members.pointer(to: name)
        _ = try reader.fact(pointer) { _, blobs in
            let values = try RowLoader.values(of: targets, blobs: blobs)
            if targets.rowLength != 1 || !values.allSatisfy({ abs($0) == 1 }) { reader.faults.add(pointer, logisticTargets) }
            return nil
        }
    }

    var json: JSONValue {
        var object = JSONObject(data.json)
        object["kinds"] = .strings(kinds.map(\.rawValue))
        object["times"] = .times(times)
        object["learning_rate"] = .double(learningRate)
        object["momentum"] = .double(momentum)
        object["loss"] = .string(loss.rawValue)
        let (name, value) = ridge.member
        object[name] = value
        object["discrete"] = .bool(discrete)
        return .object(object)
    }

    var size: (count: Int, name: String) { (data.rows, "rows") }

    func forecast(size n: Int, threads: Int) -> Forecast {
        let (m, k) = (data.testRows, data.outputs)
        let kernels = Forecast.product(n, n, 8, kinds.count + (loss.squared == nil ? 0 : 2))
        let cross = Forecast.product(m, n, 8, kinds.count + 1)
        let series = Forecast.product(times.count, Forecast.sum(Forecast.product(Forecast.sum(n, m), k), n), 16, kinds.count)
        let inputs = Forecast.product(Forecast.sum(n, m), Forecast.sum(data.xTrain?.rowLength ?? 0, 2 * k), 8)
        return Forecast(
            resultBytes: series,
            peakBytes: Forecast.sum(Forecast.processBytes, kernels, cross, inputs, Forecast.product(3, series), Forecast.product(threads, 4 << 20)),
            operations: 9 * pow(Double(n), 3) * Double(kinds.count))
    }
}
