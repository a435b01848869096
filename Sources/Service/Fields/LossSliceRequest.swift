import FiniteNetworks
import JSON

/// A network's training loss on a plane of its parameters, as a function of the plane: `{"loss_slice": {..training..}, "directions"?, "center"?,
/// "normalization"?, "seed"?, "components"?}`.
struct LossSliceRequest: Sendable {
    enum Directions: String, Sendable, CaseIterable { case random, principal }
    enum Center: String, Sendable, CaseIterable { case initial, final }

    let training: TrainingRequest
    let directions: Directions
    /// Where on the training's way the plane's origin lies.
    let center: Center
    /// Of random directions.
    let normalization: WeightPlane.Normalization
    let seed: Int
    /// Of principal directions: 1 is that of the largest variance, −1 the last.
    let components: [Int]

    /// Points of a training's way that principal directions are those of.
    static let mostPoints = 1000

    /// Nil, with the faults recorded, where the members describe none.
    init?(_ members: ObjectReader, _ reader: RequestReader) throws {
        let training = try members.requiredObject("loss_slice").flatMap { try TrainingRequest(RequestReader($0, kind: "trainings", in: reader)) }
        directions = members.choice("directions", of: Directions.self, default: .random)
        center = members.choice("center", of: Center.self, default: .final)
        normalization = members.choice("normalization", of: WeightPlane.Normalization.self, default: .filter)
        seed = members.integer("seed", in: 0..., default: 0)
        components = members.integers("components", in: -Self.mostPoints...Self.mostPoints, count: 2...2) ?? [1, -1]
        members.finish()
        for name in directions == .random ? ["components"] : ["normalization", "seed"] where members.has(name) {
            let other: Directions = directions == .random ? .principal : .random
            members.fault(at: name, "This belongs to \(other.rawValue) directions; leave \(name) out, or set \"directions\" to \"\(other.rawValue)\".")
        }
        if components[0] == components[1] || components.contains(0) {
            members.fault(at: "components", "These are the numbers of two different directions, from 1 on, or from -1 backwards; send [1, 2], or [1, -1] for the first and the last.")
        }
        guard let training else { return nil }
        self.training = training
        checkTraining(members)
    }

    /// A slice is of one network, and shows nothing else of its training.
    private func checkTraining(_ members: ObjectReader) {
        let pointer = members.pointer(to: "loss_slice")
        func refuse(_ name: String, _ detail: String) { members.faults.add(pointer.appending(name), detail) }
        if training.widths?.count ?? 1 > 1 { refuse("widths", "A slice is of one network; name one width, or leave widths out.") }
        if training.seeds.count > 1 { refuse("seeds", "A slice is of one network; name one seed.") }
        if training.xTest != nil { refuse("x_test", "A slice is of the training loss; leave x_test out.") }
        if training.precision == .float32 { refuse("precision", "A slice is computed in float64; leave precision out.") }
        if !training.plan.tracked.isSubset(of: [.weightDrift, .kappa]) { refuse("track", "A slice records nothing of its training; leave track out.") }
        if !training.plan.snapshotSteps.isEmpty { refuse("snapshot_steps", "A slice keeps no parameters; leave snapshot_steps out.") }
        if directions == .principal, recordedSteps.count > Self.mostPoints {
            refuse("record_every", "Principal directions are those of at most \(Self.mostPoints) points of the training's way; set record_every to \(training.plan.steps / (Self.mostPoints - 2) + 1) or more.")
        }
    }

    /// The steps whose parameters are points of the training's way.
    var recordedSteps: [Int] {
        let steps = training.plan.steps
        return Array(stride(from: 0, to: steps, by: training.plan.recordEvery)) + [steps]
    }

    /// Whether the training has to be run at all.
    var isTrained: Bool { directions == .principal || center == .final }

    var json: JSONValue {
        var object = JSONObject([
            ("loss_slice", training.json), ("directions", .string(directions.rawValue)), ("center", .string(center.rawValue)),
        ])
        switch directions {
        case .random:
            object["normalization"] = .string(normalization.rawValue)
            object["seed"] = .integer(seed)
        case .principal: object["components"] = .integers(components)
        }
        return .object(object)
    }

    /// Bytes beside the grid: the training, its points and their copy, and the plane.
    func peakBytes(threads: Int) -> Int {
        let points = directions == .principal ? recordedSteps.count : 1
        let vectors = Forecast.product(training.networks[0].parameterCount, 8, Forecast.sum(Forecast.product(3, points), 8))
        return Forecast.sum(training.forecast(size: training.x.rows, threads: threads).peakBytes, vectors, Forecast.product(points, points, 24))
    }

    /// Of one evaluation: a pass forward and one back, and the point itself.
    var operations: Double { (6 * Double(training.x.rows) + 8) * Double(training.networks[0].parameterCount) }

    /// Of the training itself.
    var trainingOperations: Double {
        isTrained ? Double(training.plan.steps) * 6 * Double(training.plan.batchSize ?? training.x.rows) * Double(training.networks[0].parameterCount) : 0
    }
}
