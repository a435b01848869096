import JSON
import Plots

/// Losses over times, as predictions and flows have them under `metrics`: by kind a list with an element for each of `times`.
struct TimeCurves {
    private let document: JSONValue
    /// Of the lists' names: "" for the flow, `discrete_` for gradient descent beside it.
    private let prefixes: [String]

    init(_ document: JSONValue, prefixes: [String]) { (self.document, self.prefixes) = (document, prefixes) }

    /// As they were asked for; the end of training is infinity.
    static func times(of document: JSONValue) -> [Double] {
        (document["times"]?.elements ?? []).map { $0.text == "infinity" ? .infinity : $0.double ?? 0 }
    }

    /// The finite times from the earliest on, with their places in the lists.
    private var order: [(place: Int, time: Double)] {
        Self.times(of: document).enumerated().filter { $0.element.isFinite }.map { ($0.offset, $0.element) }.sorted { $0.1 < $1.1 }
    }

    /// Whether there are times to draw a line through.
    var isSeries: Bool { order.count > 1 }

    /// The axis of times, which may lie far apart and begin at 0.
    var axis: Axis { Axis("time in steps of the learning rate", scale: Axis.scale(for: order.map(\.time))) }

    /// A list at the finite times, from the earliest on; what is null is not a number.
    func curve(_ name: String, _ kind: String) -> [Double]? {
        guard let elements = document["metrics"]?[kind]?[name]?.elements else { return nil }
        return order.map { $0.place < elements.count ? elements[$0.place].double ?? .nan : .nan }
    }

    var times: [Double] { order.map(\.time) }
    /// Where the finite times stand among all, from the earliest on.
    var places: [Int] { order.map(\.place) }

    func figure(_ title: String, notes: [String] = []) -> Figure {
        var lines: [Line] = []
        for kind in ["nngp", "ntk"] {
            for set in ["train", "test"] {
                let curves = prefixes.compactMap { prefix in curve("\(prefix)\(set)_loss", kind).map { (prefix, $0) } }
                let index = lines.count { $0.style.dash == .solid }
                for (prefix, values) in curves {
                    let name = "\(kind.uppercased()), \(set)\(prefix.isEmpty ? "" : ", gradient descent")"
                    lines.append(Line(name, x: times, y: values, style: .number(index, dash: prefix.isEmpty ? .solid : .dashed)))
                }
            }
        }
        let network = NetworkText.line(document["request"]?["architecture"])
        var parts = network.isEmpty ? [] : [network + "."]
        if Self.times(of: document).contains(.infinity) { parts.append("The end of training has no place on the axis.") }
        let name = document["request"]?["loss"]?.text.map { "loss (\($0.replacing("_", with: " ")))" } ?? "loss"
        return Figure(
            title, subtitle: (parts + notes).joined(separator: " "), x: axis, y: Axis(name, scale: Axis.scale(for: lines.lazy.flatMap(\.y))),
            marks: lines.map { .line($0) })
    }
}
