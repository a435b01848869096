import Architectures
import Dynamics
import JSON
import Jobs

/// What `POST /analyses/phase` asks for: the phases of deep networks of a nonlinearity over a grid of weight_std and bias_std.
struct PhaseRequest: JobRequest {
    static let endpoints = [JobEndpoint(path: "/analyses/phase", kind: "analyses.phase")]

    /// The most points of a grid.
    static let mostPoints = 250_000

    let nonlinearity: Nonlinearity
    let weightStd: FieldGrid.Axis
    let biasStd: FieldGrid.Axis

    init?(_ reader: RequestReader) throws {
        let members = reader.members
        let nonlinearity = members.requiredValue("nonlinearity").flatMap {
            Nonlinearity.parse($0, at: members.pointer(to: "nonlinearity"), faults: reader.faults)
        }
        if case .expNormalized(let gamma, _) = nonlinearity, gamma < 0 {
            reader.faults.add(
                members.pointer(to: "nonlinearity").appending("gamma"),
                "With a gamma below 0 this is no covariance, whose map of correlations would be convex; send at least 0.")
        }
        let weightStd = FieldGrid.Axis(members, "weight_std", in: .nonNegative)
        let biasStd = FieldGrid.Axis(members, "bias_std", in: .nonNegative)
        reader.finish()
        if let weightStd, let biasStd, weightStd.count * biasStd.count > Self.mostPoints {
            members.fault(
                at: "bias_std", "The grid has \(weightStd.count * biasStd.count) points; at most \(Self.mostPoints) are computed at once, so ask for fewer along an axis.")
        }
        guard reader.faults.isEmpty, let nonlinearity, let weightStd, let biasStd else { return nil }
        (self.nonlinearity, self.weightStd, self.biasStd) = (nonlinearity, weightStd, biasStd)
    }

    var json: JSONValue { ["nonlinearity": nonlinearity.json, "weight_std": weightStd.json, "bias_std": biasStd.json] }

    var size: (count: Int, name: String) { (weightStd.count * biasStd.count, "grid_points") }

    func forecast(size count: Int, threads: Int) -> Forecast {
        Forecast(
            resultBytes: Forecast.product(count, 7, 8),
            // Of a point: itself with its place in a table, the seven numbers of the arrays, and its word in the document.
            peakBytes: Forecast.sum(Forecast.processBytes, Forecast.product(count, 512)),
            // Some 120 moments of some hundred evaluations of φ each.
            operations: 1e5 * Double(count))
    }
}
