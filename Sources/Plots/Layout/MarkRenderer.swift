/// Puts marks into the frame.
struct MarkRenderer {
    static let bandOpacity = 0.18

    let x: AxisScale
    let y: AxisScale
    let frame: Rectangle

    /// Where a pair of numbers lies; nil where one of them has no place on its axis.
    func place(_ a: Double, _ b: Double) -> Point? {
        guard let across = x.share(of: a), let up = y.share(of: b) else { return nil }
        return Point(frame.x + across * frame.width, frame.bottom - up * frame.height)
    }

    func elements(of mark: Mark) -> [Drawing.Element] {
        switch mark {
        case .line(let line): elements(of: line)
        case .points(let points): elements(of: points)
        case .heatMap(let map): elements(of: map)
        case .contours(let contours): elements(of: contours)
        case .arrows(let field): arrows(of: field)
        case .streamlines(let field): streamlines(of: field)
        }
    }

    private func elements(of line: Line) -> [Drawing.Element] {
        var elements: [Drawing.Element] = []
        if !line.upper.isEmpty {
            // A bound that a logarithmic axis cannot show lies on its lower end.
            let floor = y.range.lowerBound
            let bounds = line.x.indices.compactMap { index -> (upper: Point, lower: Point)? in
                guard let upper = place(line.x[index], line.upper[index]) else { return nil }
                return place(line.x[index], line.lower[index]).map { (upper, $0) }
                    ?? (line.lower[index].isFinite ? place(line.x[index], floor).map { (upper, $0) } : nil)
            }
            let outline = Decimation.thinBand(upper: bounds.map(\.upper), lower: bounds.map(\.lower))
            if bounds.count > 1 { elements.append(.path(Path([outline], closed: true), .filled(line.style.colour, opacity: Self.bandOpacity))) }
        }
        // What has no place interrupts the line.
        var pieces: [[Point]] = [[]]
        for index in line.x.indices {
            if let point = place(line.x[index], line.y[index]) {
                pieces[pieces.count - 1].append(point)
            } else if pieces.last?.isEmpty == false {
                pieces.append([])
            }
        }
        for lonely in pieces where lonely.count == 1 {
            elements.append(.circle(center: lonely[0], radius: line.style.width * 1.4, .filled(line.style.colour)))
        }
        let joined = pieces.filter { $0.count > 1 }.map(Decimation.thin)
        if !joined.isEmpty {
            elements.append(.path(Path(joined), .stroked(line.style.colour, width: line.style.width, dash: line.style.dash)))
        }
        return elements
    }

    private func elements(of points: Points) -> [Drawing.Element] {
        // Points that fall on one place of the screen are drawn once.
        var seen: Set<[Int]> = []
        return points.x.indices.compactMap { index in
            guard let center = place(points.x[index], points.y[index]),
                seen.insert([Int((center.x * 4).rounded()), Int((center.y * 4).rounded())]).inserted
            else { return nil }
            return Self.symbol(points, at: center)
        }
    }

    static func symbol(_ points: Points, at center: Point) -> Drawing.Element {
        let (r, paint) = (points.radius, Paint.filled(points.style.colour, opacity: points.opacity))
        func polygon(_ corners: [(Double, Double)]) -> Drawing.Element {
            .path(Path([corners.map { center + Point($0.0 * r, $0.1 * r) }], closed: true), paint)
        }
        return switch points.shape {
        case .circle: .circle(center: center, radius: r, paint)
        case .square: polygon([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
        case .diamond: polygon([(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)])
        case .triangle: polygon([(0, -1.2), (1.1, 0.8), (-1.1, 0.8)])
        }
    }

    private func elements(of map: HeatMap) -> [Drawing.Element] {
        guard map.rows > 0, map.columns > 0, let first = place(map.x.lowerBound, map.y.lowerBound),
            let last = place(map.x.upperBound, map.y.upperBound)
        else { return [] }
        let area = Rectangle(x: min(first.x, last.x), y: min(first.y, last.y), width: abs(last.x - first.x), height: abs(last.y - first.y))
        return [.cells(map.cells(in: area, firstRowAtTop: first.y < last.y))]
    }

    private func elements(of contours: Contours) -> [Drawing.Element] {
        let pieces = contours.levels.flatMap { level in
            contours.segments(at: level).compactMap { a, b in
                place(a.x, a.y).flatMap { from in place(b.x, b.y).map { [from, $0] } }
            }
        }
        return pieces.isEmpty ? [] : [.path(Path(pieces), .stroked(contours.style.colour, width: contours.style.width, dash: contours.style.dash))]
    }

    /// Arrows from the points of the grid; the longest is as long as the grid is wide, so that none reaches the next.
    private func arrows(of field: VectorField) -> [Drawing.Element] {
        let stride = max(1, (max(field.x.count, field.y.count) + 19) / 20)
        var arrows: [(from: Point, vector: Point)] = []
        for row in Swift.stride(from: 0, to: field.y.count, by: stride) {
            for column in Swift.stride(from: 0, to: field.x.count, by: stride) {
                let (u, v) = (field.u[row * field.x.count + column], field.v[row * field.x.count + column])
                guard let from = place(field.x[column], field.y[row]), u.isFinite, v.isFinite else { continue }
                arrows.append((from, pixels(u, v)))
            }
        }
        let longest = arrows.map(\.vector.length).max() ?? 0
        guard longest > 0, longest.isFinite else { return [] }
        let across = frame.width / Double((field.x.count + stride - 1) / stride)
        let down = frame.height / Double((field.y.count + stride - 1) / stride)
        let scale = 0.95 * min(across, down) / longest
        return arrows.flatMap { Self.arrow(from: $0.from, to: $0.from + $0.vector * scale, field.style) }
    }

    /// The direction of a vector in the frame.
    private func pixels(_ u: Double, _ v: Double) -> Point {
        let (width, height) = (x.range.upperBound - x.range.lowerBound, y.range.upperBound - y.range.lowerBound)
        return Point(u / width * frame.width, -v / height * frame.height)
    }

    /// - Parameter share: The largest part of its length that an arrow's head takes.
    static func arrow(from: Point, to: Point, _ style: Style, head share: Double = 0.5) -> [Drawing.Element] {
        let length = (to - from).length
        guard length > 0.8 else { return [] }
        let unit = (to - from) * (1 / length)
        let head = min(6, length * share)
        let base = to - unit * head
        let side = Point(-unit.y, unit.x) * (head * 0.42)
        return [
            .path(.line(from, base), .stroked(style.colour, width: style.width)),
            .path(Path([[to, base + side, base - side]], closed: true), .filled(style.colour)),
        ]
    }

    private func streamlines(of field: VectorField) -> [Drawing.Element] {
        field.streamlines().flatMap { line -> [Drawing.Element] in
            let points = line.compactMap { place($0.x, $0.y) }
            guard points.count > 2 else { return [] }
            let middle = points.count / 2
            let tip = points[middle]
            let direction = tip - points[middle - 1]
            let length = max(direction.length, 1e-9)
            return [.path(Path([Decimation.straight(points)]), .stroked(field.style.colour, width: field.style.width))]
                + Self.arrow(from: tip - direction * (6 / length), to: tip, field.style, head: 1)
        }
    }
}

extension Decimation {
    /// Every point that is a pixel and a half away from the last one kept, and the last.
    static func straight(_ points: [Point]) -> [Point] {
        var kept: [Point] = []
        for point in points where kept.last.map({ (point - $0).length >= 1.5 }) ?? true { kept.append(point) }
        if let last = points.last, kept.last != last { kept.append(last) }
        return kept
    }
}
