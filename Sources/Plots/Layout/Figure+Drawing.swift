extension Figure {
    /// The figure as shapes with their places.
    public var drawing: Drawing {
        let layout = FigureLayout(self)
        var drawing = Drawing(width: layout.width, height: layout.height, title: title, description: subtitle)
        let paper = Rectangle(x: 0, y: 0, width: layout.width, height: layout.height)
        drawing.elements.append(.path(.rectangle(paper), .filled(.paper)))
        drawing.elements += layout.headings
        if layout.heatMap == nil { drawing.elements += layout.gridLines }
        let renderer = MarkRenderer(x: layout.scales.x, y: layout.scales.y, frame: layout.frame)
        let marks = marks.flatMap(renderer.elements)
        drawing.elements += marks.isEmpty ? [layout.emptiness] : [.clipped(layout.frame, marks)]
        drawing.elements += layout.axes + layout.colourBar
        let barRoom = layout.heatMap == nil ? 0 : layout.barRight - layout.frame.right
        drawing.elements += layout.legend.elements(at: Point(layout.frame.right + barRoom + 18, layout.frame.y))
        return drawing
    }
}

extension FigureLayout {
    fileprivate var headings: [Drawing.Element] {
        var elements: [Drawing.Element] = []
        var baseline = 14 + Self.titleSize * 0.85
        for line in title {
            elements.append(.text(Text(label: Label(line), at: Point(14, baseline), size: Self.titleSize, isBold: true)))
            baseline += Self.titleSize * 1.3
        }
        baseline -= Self.titleSize * 1.3 - Self.subtitleSize * 1.55
        for line in subtitle {
            elements.append(.text(Text(label: Label(line), at: Point(14, baseline), size: Self.subtitleSize, colour: .pencil)))
            baseline += Self.subtitleSize * 1.35
        }
        return elements
    }

    private func across(_ value: Double) -> Double? { scales.x.share(of: value).map { frame.x + $0 * frame.width } }
    private func up(_ value: Double) -> Double? { scales.y.share(of: value).map { frame.bottom - $0 * frame.height } }

    fileprivate var gridLines: [Drawing.Element] {
        let vertical = ticks.x.major.compactMap { across($0.value) }.map { [Point($0, frame.y), Point($0, frame.bottom)] }
        let horizontal = ticks.y.major.compactMap { up($0.value) }.map { [Point(frame.x, $0), Point(frame.right, $0)] }
        return [.path(Path(vertical + horizontal), .stroked(.grid, crisp: true))]
    }

    fileprivate var emptiness: Drawing.Element {
        .text(Text(label: "no data to show", at: frame.center, size: 13, anchor: .middle, colour: .pencil))
    }

    /// The frame, ticks with their labels, and the axes' names.
    fileprivate var axes: [Drawing.Element] {
        var (strokes, labels): ([[Point]], [Drawing.Element]) = ([], [])
        for tick in ticks.x.major {
            guard let place = across(tick.value) else { continue }
            strokes.append([Point(place, frame.bottom), Point(place, frame.bottom + Self.tickLength)])
            let baseline = frame.bottom + Self.tickLength + 5 + Self.tickSize * 0.8
            labels.append(.text(Text(label: tick.label, at: Point(place, baseline), size: Self.tickSize, anchor: .middle)))
        }
        for tick in ticks.y.major {
            guard let place = up(tick.value) else { continue }
            strokes.append([Point(frame.x, place), Point(frame.x - Self.tickLength, place)])
            let at = Point(frame.x - Self.tickLength - 4, place + Self.tickSize * 0.35)
            labels.append(.text(Text(label: tick.label, at: at, size: Self.tickSize, anchor: .end)))
        }
        for place in ticks.x.minor.compactMap(across) {
            strokes.append([Point(place, frame.bottom), Point(place, frame.bottom + Self.tickLength * 0.55)])
        }
        for place in ticks.y.minor.compactMap(up) {
            strokes.append([Point(frame.x, place), Point(frame.x - Self.tickLength * 0.55, place)])
        }
        return [
            .path(Path(strokes), .stroked(.ink, crisp: true)), .path(.rectangle(frame), .stroked(.ink, crisp: true)),
        ] + labels + names
    }

    private var names: [Drawing.Element] {
        let nameBaseline = frame.bottom + Self.tickLength + 5 + Self.tickSize + 8 + Self.axisSize * 0.8
        var elements: [Drawing.Element] = [
            .text(Text(label: Label(figure.x.title), at: Point(frame.center.x, nameBaseline), size: Self.axisSize, anchor: .middle)),
            .text(
                Text(
                    label: Label(figure.y.title), at: Point(14 + Self.axisSize * 0.8, frame.center.y), size: Self.axisSize, anchor: .middle,
                    isVertical: true)),
        ]
        if let factor = ticks.x.factor {
            elements.append(.text(Text(label: factor, at: Point(frame.right, nameBaseline), size: Self.tickSize, anchor: .end)))
        }
        if let factor = ticks.y.factor {
            elements.append(.text(Text(label: factor, at: Point(frame.x, frame.y - 6), size: Self.tickSize)))
        }
        if let note {
            let baseline = nameBaseline + Self.noteSize * 1.7
            elements.append(.text(Text(label: Label(note), at: Point(frame.x, baseline), size: Self.noteSize, colour: .pencil)))
        }
        return elements
    }

    private var barLeft: Double { frame.right + 14 }

    /// The right end of the colour bar with its labels and its name.
    fileprivate var barRight: Double {
        guard let bar else { return frame.right }
        return barLeft + Self.barWidth + Self.tickLength + 5 + Self.labelWidth(bar.ticks) + 8 + Self.axisSize * 1.3
    }

    fileprivate var colourBar: [Drawing.Element] {
        guard let bar, let heatMap else { return [] }
        let place = Rectangle(x: barLeft, y: frame.y, width: Self.barWidth, height: frame.height)
        let steps = 96
        let colours = (0..<steps).map { heatMap.map.colour(at: 1 - Double($0) / Double(steps - 1)) }
        var elements: [Drawing.Element] = [
            .cells(Cells(place: place, rows: steps, columns: 1, colours: colours, indices: Array(0..<steps))),
            .path(.rectangle(place), .stroked(.ink, crisp: true)),
        ]
        var strokes: [[Point]] = []
        for tick in bar.ticks.major {
            guard let share = bar.scale.share(of: tick.value) else { continue }
            let height = place.bottom - share * place.height
            strokes.append([Point(place.right, height), Point(place.right + Self.tickLength, height)])
            let at = Point(place.right + Self.tickLength + 4, height + Self.tickSize * 0.35)
            elements.append(.text(Text(label: tick.label, at: at, size: Self.tickSize)))
        }
        elements.append(.path(Path(strokes), .stroked(.ink, crisp: true)))
        if let factor = bar.ticks.factor {
            elements.append(.text(Text(label: factor, at: Point(place.x, place.y - 6), size: Self.tickSize)))
        }
        let name = Text(
            label: Label(heatMap.name), at: Point(barRight - Self.axisSize * 0.25, place.center.y), size: Self.axisSize, anchor: .middle,
            isVertical: true)
        return elements + [.text(name)]
    }
}
