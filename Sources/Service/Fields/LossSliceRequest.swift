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
        let document = members.requiredObject("loss_slice")
        let training = try document.flatMap { try TrainingRequest(RequestReader($0, kind: "trainings", in: reader)) }
        // Nil where they cannot be read: nothing is held against members that may belong to them.
        let told = members.has("directions") ? members.choice("directions", of: Directions.self) : .random
        directions = told ?? .random
        center = members.choice("center", of: Center.self, default: .final)
        normalization = members.choice("normalization", of: WeightPlane.Normalization.self, default: .filter)
        seed = members.integer("seed", in: 0..., default: 0)
        components = members.integers("components", in: -Self.mostPoints...Self.mostPoints, count: 2...2) ?? [1, -1]
        members.finish()
        if let told { Self.checkMembers(of: told, members) }
        let numbers = members.value("components")?.integers ?? []
        if numbers.contains(0) || Set(numbers).count < numbers.count {
            members.fault(at: "components", "These are the numbers of two different directions, from 1 on, or from -1 backwards; send [1, 2], or [1, -1] for the first and the last.")
        }
        if let document { Self.checkTraining(document, directions: told) }
        guard let training else { return nil }
        self.training = training
    }

    private static func checkMembers(of directions: Directions, _ members: ObjectReader) {
        for name in directions == .random ? ["components"] : ["normalization", "seed"] where members.has(name) {
            let other: Directions = directions == .random ? .principal : .random
            members.fault(at: name, "This belongs to \(other.rawValue) directions; leave \(name) out, or set \"directions\" to \"\(other.rawValue)\".")
        }
    }

    /// A slice is of one network, and shows nothing else of its training; told of a training whatever else is wrong with it.
    private static func checkTraining(_ training: ObjectReader, directions: Directions?) {
        func count(_ name: String) -> Int { training.value(name)?.elements?.count ?? 0 }
        if count("widths") > 1 { training.fault(at: "widths", "A slice is of one network; name one width, or leave widths out.") }
        if count("seeds") > 1 { training.fault(at: "seeds", "A slice is of one network; name one seed.") }
        if training.hasValue("x_test") { training.fault(at: "x_test", "A slice is of the training loss; leave x_test out.") }
        if training.value("precision") == .string(KernelRequest.Precision.float32.rawValue) {
            training.fault(at: "precision", "A slice is computed in float64; leave precision out.")
        }
        // What every training keeps is no more than that.
        let kept: [Tracked] = [.weightDrift, .kappa]
        if Tracked.allCases.contains(where: { !kept.contains($0) && training.place(of: $0, in: "track") != nil }) {
            training.fault(at: "track", "A slice records nothing of its training; leave track out.")
        }
        if count("snapshot_steps") > 0 { training.fault(at: "snapshot_steps", "A slice keeps no parameters; leave snapshot_steps out.") }
        guard directions == .principal, let steps = training.value("steps")?.integer, steps > 0 else { return }
        let every = training.has("record_every") ? training.value("record_every")?.integer : 1
        if let every, every > 0, (steps - 1) / every + 2 > mostPoints {
            training.fault(at: "record_every", "Principal directions are those of at most \(mostPoints) points of the training's way; set record_every to \(steps / (mostPoints - 2) + 1) or more.")
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
