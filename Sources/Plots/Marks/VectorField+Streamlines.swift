extension VectorField {
    /// The vector at a place by bilinear interpolation; nil outside the grid or beside a number that is not finite.
    func vector(at place: Point) -> Point? {
        guard let (column, a) = Self.cell(of: place.x, in: x), let (row, b) = Self.cell(of: place.y, in: y) else { return nil }
        func mix(_ values: [Double]) -> Double {
            let (first, second) = (row * x.count + column, (row + 1) * x.count + column)
            let (low, high) = (
                values[first] * (1 - a) + values[first + 1] * a, values[second] * (1 - a) + values[second + 1] * a
            )
            return low * (1 - b) + high * b
        }
        let vector = Point(mix(u), mix(v))
        return vector.x.isFinite && vector.y.isFinite ? vector : nil
    }

    /// Which cell of ascending coordinates holds a number, and how far into it.
    private static func cell(of value: Double, in coordinates: [Double]) -> (index: Int, share: Double)? {
        guard coordinates.count > 1, let first = coordinates.first, let last = coordinates.last, value >= first, value <= last else { return nil }
        var (low, high) = (0, coordinates.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if coordinates[middle] <= value { low = middle } else { high = middle }
        }
        let width = coordinates[high] - coordinates[low]
        return (low, width > 0 ? (value - coordinates[low]) / width : 0)
    }

    /// Lines that follow the field, evenly spread: a line ends where it comes close to another, and the next one starts in a
    /// part of the frame that has none.
    ///
    /// - Parameter density: Parts of the frame in each direction.
    /// - Returns: lines in the units of the axes, each in the direction of the field.
    func streamlines(density: Int = 22) -> [[Point]] {
        guard let left = x.first, let right = x.last, let low = y.first, let high = y.last, right > left, high > low else { return [] }
        let (width, height) = (right - left, high - low)
        var owner = [Int](repeating: -1, count: density * density)
        func part(_ p: Point) -> Int {
            let column = min(density - 1, max(0, Int((p.x - left) / width * Double(density))))
            let row = min(density - 1, max(0, Int((p.y - low) / height * Double(density))))
            return row * density + column
        }
        var lines: [[Point]] = []
        for seed in Self.outsideIn(density) {
            guard owner[seed.row * density + seed.column] < 0 else { continue }
            let start = Point(
                left + (Double(seed.column) + 0.5) / Double(density) * width, low + (Double(seed.row) + 0.5) / Double(density) * height)
            let number = lines.count
            // Nothing is owned until the whole line is known to be long enough to show.
            var mine: Set<Int> = [part(start)]
            func follow(_ sign: Double) -> [Point] {
                var points: [Point] = []
                var place = start
                for _ in 0..<density * 40 {
                    guard let next = step(from: place, sign: sign, width: width, height: height, parts: density) else { break }
                    let there = part(next)
                    if owner[there] >= 0 { break }
                    // A line that closes on itself would go round for ever.
                    if points.count > 40, abs(next.x - start.x) / width + abs(next.y - start.y) / height < 0.2 / Double(density) { break }
                    mine.insert(there)
                    points.append(next)
                    place = next
                }
                return points
            }
            let line = follow(-1).reversed() + [start] + follow(1)
            guard mine.count > 3 else { continue }
            for index in mine { owner[index] = number }
            lines.append(line)
        }
        return lines
    }

    /// A step of the midpoint rule, a tenth of a part long whatever the field's strength; nil where it leaves the grid or the
    /// field is zero.
    private func step(from place: Point, sign: Double, width: Double, height: Double, parts: Int) -> Point? {
        let length = 0.1 / Double(parts)
        func direction(_ p: Point) -> Point? {
            guard let vector = vector(at: p) else { return nil }
            // Measured in the frame, so that steps are as long in both directions.
            let scaled = Point(vector.x / width, vector.y / height)
            guard scaled.length > 0, scaled.length.isFinite else { return nil }
            let unit = scaled * (sign * length / scaled.length)
            return Point(unit.x * width, unit.y * height)
        }
        guard let first = direction(place), let second = direction(place + first * 0.5) else { return nil }
        let next = place + second
        return vector(at: next) == nil ? nil : next
    }

    /// The parts of a square, from its border to its middle: long lines come from the border.
    private static func outsideIn(_ density: Int) -> [(row: Int, column: Int)] {
        func depth(_ row: Int, _ column: Int) -> Int { min(min(row, density - 1 - row), min(column, density - 1 - column)) }
        let all = (0..<density).flatMap { row in (0..<density).map { (row: row, column: $0) } }
        return (0..<(density + 1) / 2).flatMap { ring in all.filter { depth($0.row, $0.column) == ring } }
    }
}
