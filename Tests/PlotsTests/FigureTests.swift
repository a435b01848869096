import Testing
@testable import Plots

@Suite("figures")
struct FigureTests {
    @Test("all data and scales give a well-formed document with finite coordinates", arguments: Sample.allCases)
    func everySampleIsDrawn(sample: Sample) throws {
        for scale in [Axis.Scale.linear, .logarithmic] {
            let svg = sample.figure(scale).svg
            let document = try #require(DocumentReader(svg), "\(sample) \(scale)")
            #expect(document.texts.contains("A title <that> says \"what\" was computed & how"))
            for (name, attributes) in document.elements {
                for value in attributes.values {
                    #expect(!value.contains("nan") && !value.contains("inf"), "\(name) in \(sample) \(scale)")
                }
            }
            #expect(svg.utf8.count < 200_000, "\(sample) takes \(svg.utf8.count) bytes")
        }
    }

    @Test("no text touches another, the frame's inside or the border", arguments: Sample.allCases)
    func nothingOverlaps(sample: Sample) {
        for scale in [Axis.Scale.linear, .logarithmic] {
            let drawing = sample.figure(scale).drawing
            let paper = Rectangle(x: 0, y: 0, width: drawing.width, height: drawing.height)
            let labels = drawing.labels.filter { $0.label.base != "no data to show" }
            for (index, label) in labels.enumerated() {
                #expect(paper.contains(label.bounds), "\(label.label.base) leaves the drawing (\(sample), \(scale))")
                if let frame = drawing.frame { #expect(!frame.overlaps(label.bounds), "\(label.label.base) covers data (\(sample), \(scale))") }
                for other in labels[(index + 1)...] {
                    #expect(!label.bounds.overlaps(other.bounds), "\(label.label.base) and \(other.label.base) overlap (\(sample), \(scale))")
                }
            }
        }
    }

    @Test("the same figure gives the same bytes, another one others")
    func documentsAreDeterministic() {
        let figure = Sample.ordinary.figure(.linear)
        #expect(figure.svg == figure.svg)
        #expect(figure.svg != Sample.ordinary.figure(.logarithmic).svg)
    }

    @Test("a figure without data says so")
    func emptinessIsSaid() {
        #expect(Sample.empty.figure(.linear).drawing.labels.contains { $0.label.base == "no data to show" })
        #expect(Sample.zero.figure(.logarithmic).drawing.labels.contains { $0.label.base.hasPrefix("101 points are not shown") })
        #expect(!Sample.ordinary.figure(.logarithmic).drawing.labels.contains { $0.label.base.contains("not shown") })
    }

    @Test("the legend names every mark, also more marks than there are colours")
    func legendIsComplete() {
        let names = (0..<20).map { "the line with the number \($0) and a name so long that it is broken" }
        let marks = names.enumerated().map { Mark.line(Line($1, x: [0, 1], y: [Double($0), 1], style: .number($0))) }
        let drawing = Figure("many", x: Axis("x"), y: Axis("y"), marks: marks).drawing
        let text = drawing.labels.map(\.label.base).joined(separator: " ")
        for name in names { #expect(text.contains(name)) }
        let paper = Rectangle(x: 0, y: 0, width: drawing.width, height: drawing.height)
        #expect(drawing.labels.allSatisfy { paper.contains($0.bounds) })
        #expect(Set((0..<20).map { "\(Style.number($0))" }).count == 20, "two lines have one style")
        let pairs = (0..<14).map { (Style.pair($0, isSecond: false), Style.pair($0, isSecond: true)) }
        #expect(Set(pairs.flatMap { ["\($0.0)", "\($0.1)"] }).count == 28 && pairs.allSatisfy { $0.0.colour == $0.1.colour })
    }

    @Test("a long series keeps its extremes in few points")
    func longSeriesAreThinned() throws {
        let drawing = Sample.long.figure(.linear).drawing
        let frame = try #require(drawing.frame)
        let line = try #require(drawing.paths.first { !$0.isClosed && $0.pieces.count == 1 && $0.pieces[0].count > 100 }?.pieces[0])
        #expect(line.count < 4 * Int(frame.width) + 8)
        // The one point that stands out by 5: above everything else, and still there.
        let top = try #require(line.map(\.y).min())
        #expect(line.filter { $0.y < top + 0.4 * (frame.bottom - top) }.count == 1)
    }

    @Test("a line is interrupted where it has no place on its axis")
    func linesHaveGaps() {
        let y: [Double] = [1, 10, 0, 100, 10, 0, 5]
        let drawing = Figure(
            "gaps", x: Axis("x"), y: Axis("y", scale: .logarithmic),
            marks: [.line(Line(nil, x: y.indices.map(Double.init), y: y, style: .number(0)))]
        ).drawing
        let circles = drawing.elements.flatMap { element -> [Drawing.Element] in
            if case .clipped(_, let inner) = element { inner.filter { if case .circle = $0 { true } else { false } } } else { [] }
        }
        #expect(drawing.paths.contains { $0.pieces.map(\.count) == [2, 2] })
        #expect(circles.count == 1, "the last point stands alone")
    }

    @Test("characters that XML forbids are replaced")
    func charactersAreEscaped() throws {
        var figure = Sample.ordinary.figure(.linear)
        figure.title = "a\u{0}b\u{8}c\nd \u{1F600} '\"&<>]]>"
        let document = try #require(DocumentReader(figure.svg))
        #expect(document.texts.contains("a\u{FFFD}b\u{FFFD}c d \u{1F600} '\"&<>]]>"))
    }
}
