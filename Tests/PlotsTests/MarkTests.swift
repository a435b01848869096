import Foundation
import Testing
@testable import Plots

@Suite("marks")
struct MarkTests {
    @Test("lightness rises evenly, and every colour is one that screens have")
    func mapsAreEven() {
        for share in stride(from: 0.0, through: 1, by: 1 / 256) {
            for map in [ColourMap.sequential, .diverging] {
                let channels = map.perceived(at: share).linearChannels
                #expect(channels.allSatisfy { $0 > -0.002 && $0 < 1.002 }, "\(map) at \(share): \(channels)")
            }
        }
        let lightness = stride(from: 0.0, through: 1, by: 1 / 16).map { ColourMap.sequential.perceived(at: $0).lightness }
        let steps = zip(lightness.dropFirst(), lightness).map { $0 - $1 }
        #expect(steps.allSatisfy { abs($0 - steps[0]) < 1e-12 && $0 > 0 })
        #expect(ColourMap.diverging.perceived(at: 0.5).chroma == 0)
        #expect(ColourMap.sequential.colour(at: -5) == ColourMap.sequential.colour(at: 0))
    }

    @Test("numbers on both sides of zero have the middle's colour at zero, and rounding is no side")
    func mapsFollowTheNumbers() {
        func map(_ values: [Double]) -> HeatMap { HeatMap("k", rows: 1, columns: values.count, values: values, x: 0...1, y: 0...1) }
        #expect(map([-1, 0, 3]).span == -3...3)
        #expect(map([-1, 0, 3]).map == .diverging)
        #expect(map([-1e-17, 0, 3]).map == .sequential)
        #expect(map([2, 2]).span == 1.8...2.2)
        #expect(map([]).span == 0...1)
        #expect(map([.nan, 1, 2]).cells(in: Rectangle(x: 0, y: 0, width: 3, height: 1), firstRowAtTop: true).indices == [nil, 0, 95])
    }

    @Test("block means of a matrix that fits no grid of blocks")
    func blockMeans() {
        let (rows, columns) = (7, 5)
        let matrix = (0..<rows * columns).map(Double.init)
        let small = BlockMeans.reduce(rows: rows, columns: columns, limit: 3) { row in Array(matrix[row * columns..<(row + 1) * columns]) }
        #expect((small.rows, small.columns) == (3, 3))
        // Rows 0..2, columns 0..1: the mean of 0, 1, 5, 6, 10, 11. The last block is row 6, column 4.
        #expect(abs(small.values[0] - 5.5) < 1e-12)
        #expect(small.values[8] == 34)
        #expect(BlockMeans.blocks(100, limit: 100).count == 100)
        let large = BlockMeans.reduce(rows: 2, columns: 2, limit: 1) { _ in [1.5e308, 1.5e308] }
        #expect(abs(large.values[0] / 1.5e308 - 1) < 1e-12, "a mean of large numbers is finite")
    }

    @Test("contours of a cone are circles")
    func contoursLieOnTheirLevel() {
        let axis = stride(from: -2.0, through: 2, by: 0.05).map { $0 }
        let values = axis.flatMap { y in axis.map { x in (x * x + y * y).squareRoot() } }
        let contours = Contours(x: axis, y: axis, values: values, levels: [1], style: .number(0))
        let segments = contours.segments(at: 1)
        #expect(segments.count > 100)
        for (a, b) in segments {
            #expect(abs(a.length - 1) < 2e-3 && abs(b.length - 1) < 2e-3)
            #expect((b - a).length < 0.08)
        }
        let around = segments.reduce(0) { $0 + ($1.1 - $1.0).length }
        #expect(abs(around - 2 * .pi) < 0.02, "the pieces make one circle")
        #expect(Contours.levels(of: [0, 4], count: 3) == [1, 2, 3])
        #expect(Contours.levels(of: [1, 1], count: 3) == [])
    }

    @Test("streamlines of a rotation keep their distance from the center, in the field's direction")
    func streamlinesFollowTheField() {
        let axis = stride(from: -1.0, through: 1, by: 0.1).map { $0 }
        let u = axis.flatMap { y in axis.map { _ in -y } }
        let v = axis.flatMap { _ in axis.map { $0 } }
        let lines = VectorField(nil, x: axis, y: axis, u: u, v: v, style: .number(0)).streamlines()
        #expect(lines.count > 4)
        for line in lines {
            let radius = line[0].length
            #expect(line.allSatisfy { abs($0.length - radius) < 5e-3 })
            for (a, b) in zip(line, line.dropFirst()) { #expect(a.x * b.y - a.y * b.x > 0, "counterclockwise") }
        }
        let still = VectorField(nil, x: axis, y: axis, u: u.map { _ in 0 }, v: v.map { _ in 0 }, style: .number(0))
        #expect(still.streamlines().isEmpty)
    }

    @Test("arrows point where the field does, the axis upwards, and none reaches the next")
    func arrowsPoint() throws {
        let axis = [0.0, 1, 2]
        let field = VectorField("g", x: axis, y: axis, u: [0, 0, 0, 0, 1, 0, 0, 0, 0], v: [0, 0, 0, 0, 1, 0, 0, 0, 0], style: .number(0))
        let drawing = Figure("arrows", x: Axis("x"), y: Axis("y"), marks: [.arrows(field)]).drawing
        let frame = try #require(drawing.frame)
        let shaft = try #require(drawing.elements.lazy.compactMap { element -> [Point]? in
            guard case .clipped(_, let inner) = element, case .path(let path, _) = inner.first else { return nil }
            return path.pieces.first
        }.first)
        #expect(shaft[1].x > shaft[0].x && shaft[1].y < shaft[0].y)
        #expect((shaft[1] - shaft[0]).length < frame.height / 3)
    }

    @Test("the first row of a matrix lies at the top where the axis is reversed")
    func matricesRunDownwards() throws {
        var figure = Figure(
            "m", x: Axis("column"), y: Axis("row"),
            marks: [.heatMap(HeatMap("k", rows: 2, columns: 1, values: [0, 1], x: -0.5...0.5, y: -0.5...1.5))])
        func first() throws -> [Int?] {
            let cells = figure.drawing.elements.lazy.compactMap { element -> Cells? in
                guard case .clipped(_, let inner) = element, case .cells(let cells) = inner.first else { return nil }
                return cells
            }.first
            return try #require(cells).indices
        }
        #expect(try first() == [95, 0])
        figure.y.isReversed = true
        #expect(try first() == [0, 95])
        #expect(DocumentReader(figure.svg) != nil)
    }
}
