extension HeatMap {
    /// Colours to choose from: more would look the same.
    private static let shades = 96

    /// The numbers that the ends of the colours stand for.
    ///
    /// With numbers on both sides of zero it is as far to one end as to the other, so that zero has the middle's colour.
    var span: ClosedRange<Double> {
        var (least, most) = (Double.infinity, -Double.infinity)
        for value in values where value.isFinite { (least, most) = (min(least, value), max(most, value)) }
        guard least <= most else { return 0...1 }
        if map == .diverging {
            let reach = max(-least, most)
            return -reach...reach
        }
        guard least < most else {
            let around = least == 0 ? 1 : abs(least) * 0.1
            return least - around...most + around
        }
        return least...most
    }

    /// Two-sided numbers get two-sided colours, unless one side is so short that it is rounding.
    var map: ColourMap {
        var (least, most) = (Double.infinity, -Double.infinity)
        for value in values where value.isFinite { (least, most) = (min(least, value), max(most, value)) }
        return least < 0 && most > 0 && min(-least, most) > 0.02 * max(-least, most) ? .diverging : .sequential
    }

    func cells(in place: Rectangle, firstRowAtTop: Bool) -> Cells {
        let (span, map) = (self.span, self.map)
        let colours = (0..<Self.shades).map { map.colour(at: Double($0) / Double(Self.shades - 1)) }
        let width = span.upperBound / 2 - span.lowerBound / 2
        var indices: [Int?] = []
        indices.reserveCapacity(values.count)
        for row in 0..<rows {
            let source = firstRowAtTop ? row : rows - 1 - row
            for value in values[source * columns..<(source + 1) * columns] {
                let share = width > 0 ? (value / 2 - span.lowerBound / 2) / width : 0.5
                indices.append(value.isFinite ? Int((min(max(share, 0), 1) * Double(Self.shades - 1)).rounded()) : nil)
            }
        }
        return Cells(place: place, rows: rows, columns: columns, colours: colours, indices: indices)
    }
}
