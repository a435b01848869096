import Foundation
import FoundationXML
@testable import Plots

/// What an XML parser reads in a document: a fault fails the parse.
final class DocumentReader: NSObject, XMLParserDelegate {
    private(set) var elements: [(name: String, attributes: [String: String])] = []
    private(set) var texts: [String] = []
    private var text = ""

    /// - Returns: nil where the document is not well-formed.
    init?(_ document: String) {
        super.init()
        let parser = XMLParser(data: Data(document.utf8))
        parser.delegate = self
        guard parser.parse() else { return nil }
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes: [String: String] = [:]
    ) {
        elements.append((name, attributes))
        text = ""
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) { texts.append(text) }
}

extension Drawing {
    /// All texts, wherever they stand.
    var labels: [Text] { Self.labels(elements) }

    private static func labels(_ elements: [Element]) -> [Text] {
        elements.flatMap { element -> [Text] in
            switch element {
            case .text(let text): [text]
            case .clipped(_, let inner): labels(inner)
            case .path, .circle, .cells: []
            }
        }
    }

    var paths: [Path] { Self.paths(elements) }

    private static func paths(_ elements: [Element]) -> [Path] {
        elements.flatMap { element -> [Path] in
            switch element {
            case .path(let path, _): [path]
            case .clipped(_, let inner): paths(inner)
            case .text, .circle, .cells: []
            }
        }
    }

    var frame: Rectangle? {
        elements.lazy.compactMap { if case .clipped(let frame, _) = $0 { frame } else { nil } }.first
    }
}

/// Data that figures meet.
enum Sample: CaseIterable {
    case ordinary, empty, constant, zero, onePoint, huge, tiny, narrow, spread, long

    var x: [Double] {
        switch self {
        case .empty: []
        case .onePoint: [3]
        case .long: (0..<200_000).map(Double.init)
        default: (0...100).map(Double.init)
        }
    }

    var y: [Double] {
        x.map { x in
            switch self {
            case .ordinary: 1 / (1 + x)
            case .empty, .onePoint: 7
            case .constant: 1.0 / 3
            case .zero: 0
            case .huge: (x - 50) * 3e306
            case .tiny: x * (Double.leastNormalMagnitude / 100)
            case .narrow: 1e6 + x * 1e-3
            case .spread: pow(10, 6 * (x - 50))
            case .long: sin(x / 1000) + (Int(x) == 123_456 ? 5 : 0)
            }
        }
    }

    func figure(_ scale: Axis.Scale) -> Figure {
        Figure(
            "A title <that> says \"what\" was computed & how", subtitle: "with a subtitle that is long enough to be broken into two lines, as those of real figures are",
            x: Axis("step"), y: Axis("value", unit: "m", scale: scale),
            marks: [.line(Line("the name of a line", x: x, y: y, lower: y.map { $0 * 0.9 }, upper: y.map { $0 * 1.1 }, style: .number(0)))])
    }
}
