import JSON

/// The runs of a training as they stand in its result, and what is the same for runs of one width: medians and bands over seeds.
struct RunCurves {
    /// The runs of one width.
    struct Group {
        let width: Int?
        let runs: [JSONValue]
        var diverged: [JSONValue] { runs.filter { $0["stop_reason"]?.text == "diverged" } }
        /// Those that say something about the whole training; where all diverged, what they recorded.
        var lasting: [JSONValue] { diverged.count == runs.count ? runs : runs.filter { $0["stop_reason"]?.text != "diverged" } }

        var name: String {
            let name = width.map { "width \($0)" } ?? (runs.count > 1 ? "\(runs.count) seeds" : "training")
            let endings = ["diverged", "cancelled"].compactMap { reason in
                Self.ending(reason, of: runs) { run in
                    run["stop_reason"]?.text == reason ? ("after", Int(run["steps"]?.doubles?.last ?? 0)) : nil
                }
            }
            return endings.isEmpty ? name : "\(name) (\(endings.joined(separator: ", ")))"
        }

        /// How many of the linearised networks diverged; nil for none.
        var linearizedEnding: String? {
            Self.ending("diverged", of: runs) { $0["linearized"]?["diverged_at_step"]?.integer.map { ("at", $0) } }
        }

        /// Of one run the step, of several their number; nil where none ended so.
        private static func ending(_ word: String, of runs: [JSONValue], _ end: (JSONValue) -> (preposition: String, step: Int)?) -> String? {
            let ends = runs.compactMap(end)
            guard let first = ends.first else { return nil }
            return runs.count == 1 ? "\(word) \(first.preposition) step \(first.step)" : "\(ends.count) of \(runs.count) \(word)"
        }
    }

    /// A median over seeds with its band at some steps.
    struct Curve {
        var steps: [Double] = []
        var median: [Double] = []
        /// Empty where there is one seed.
        var lower: [Double] = []
        var upper: [Double] = []
    }

    static let band = (low: 0.05, high: 0.95)
    /// More steps than a figure has pixels would not be seen.
    private static let mostSteps = 2000

    let groups: [Group]

    init(_ document: JSONValue) {
        let runs = document["runs"]?.elements ?? []
        var widths: [Int?] = []
        for run in runs where !widths.contains(run["width"]?.integer) { widths.append(run["width"]?.integer) }
        groups = widths.map { width in Group(width: width, runs: runs.filter { $0["width"]?.integer == width }) }
    }

    var runs: [JSONValue] { groups.flatMap(\.runs) }
    var mostSeeds: Int { groups.map(\.runs.count).max() ?? 0 }

    /// - Parameter path: Where a run keeps the curve, such as `weight_drift`, `relative`.
    func curve(_ group: Group, _ path: [String]) -> Curve? {
        let found = group.lasting.compactMap { run -> (steps: [Double], values: [Double], isWhole: Bool)? in
            let values = Self.numbers(path.reduce(run) { $0[$1] ?? .null })
            guard let steps = run["steps"]?.doubles, !values.isEmpty, values.count <= steps.count else { return nil }
            return (Array(steps.prefix(values.count)), values, values.count == steps.count)
        }
        // Of a linearised network that diverged there are only the first values: they are shown where there are no others.
        let whole = found.filter(\.isWhole)
        let curves = whole.isEmpty ? found : whole
        // Held at its last value a diverged one would be a shelf in the median: it ends with the first that does.
        let areDiverged = whole.isEmpty || group.diverged.count == group.runs.count
        let end = areDiverged ? curves.compactMap(\.steps.last).min() : curves.compactMap(\.steps.last).max()
        guard let end else { return nil }
        var steps = Array(Set(curves.flatMap(\.steps))).filter { $0 <= end }.sorted()
        if steps.count > Self.mostSteps {
            let stride = (steps.count + Self.mostSteps - 1) / Self.mostSteps
            steps = steps.indices.filter { $0 % stride == 0 || $0 == steps.count - 1 }.map { steps[$0] }
        }
        var curve = Curve(steps: steps)
        var places = [Int](repeating: 0, count: curves.count)
        for step in steps {
            // A run that ended early, because its loss was low enough, stays where it ended.
            let values = curves.indices.map { run -> Double in
                while places[run] + 1 < curves[run].steps.count, curves[run].steps[places[run] + 1] <= step { places[run] += 1 }
                return curves[run].values[places[run]]
            }.sorted()
            curve.median.append(Self.quantile(values, 0.5))
            if curves.count > 1 {
                curve.lower.append(Self.quantile(values, Self.band.low))
                curve.upper.append(Self.quantile(values, Self.band.high))
            }
        }
        return curve
    }

    /// Those of a curve before the first null.
    private static func numbers(_ curve: JSONValue) -> [Double] {
        if let numbers = curve.doubles { return numbers }
        return (curve.elements ?? []).prefix { $0.double != nil }.compactMap(\.double)
    }

    /// The last value of a curve in every run that did not diverge, with the run's width.
    func lastValues(_ path: [String]) -> [(width: Int, value: Double)] {
        runs.compactMap { run in
            guard run["stop_reason"]?.text != "diverged", let width = run["width"]?.integer,
                let value = path.reduce(run, { $0[$1] ?? .null }).doubles?.last
            else { return nil }
            return (width, value)
        }
    }

    /// Of sorted values, by linear interpolation between neighbours.
    static func quantile(_ sorted: [Double], _ share: Double) -> Double {
        let place = share * Double(sorted.count - 1)
        let index = min(Int(place), sorted.count - 1)
        guard index + 1 < sorted.count, sorted[index] != sorted[index + 1] else { return sorted[index] }
        return sorted[index] + (sorted[index + 1] - sorted[index]) * (place - Double(index))
    }
}
