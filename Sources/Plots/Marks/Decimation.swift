/// Fewer points that draw the same line.
enum Decimation {
    /// Of the points in each column of pixels the first, the lowest, the highest and the last: what a line through all of them
    /// covers. Points must be in the order of the line; it may turn back. Complexity: O(points).
    static func thin(_ points: [Point]) -> [Point] {
        guard points.count > 8 else { return points }
        var kept: [Point] = []
        var start = 0
        while start < points.count {
            let column = points[start].x.rounded(.down)
            var end = start
            var (top, bottom) = (start, start)
            while end < points.count, points[end].x.rounded(.down) == column {
                if points[end].y < points[top].y { top = end }
                if points[end].y > points[bottom].y { bottom = end }
                end += 1
            }
            for index in Set([start, top, bottom, end - 1]).sorted() { kept.append(points[index]) }
            start = end
        }
        return kept
    }

    /// The outline of a band: per column of pixels its least and its greatest bound.
    static func thinBand(upper: [Point], lower: [Point]) -> [Point] {
        func edge(_ points: [Point], _ isBetter: (Double, Double) -> Bool) -> [Point] {
            guard points.count > 8 else { return points }
            var kept: [Point] = []
            for point in points {
                // The first and the last keep their places, so that the band is as long as its line.
                if let last = kept.last, kept.count > 1, last.x.rounded(.down) == point.x.rounded(.down), point != points.last {
                    kept[kept.count - 1].y = isBetter(point.y, last.y) ? point.y : last.y
                } else {
                    kept.append(point)
                }
            }
            return kept
        }
        // Pixels grow downwards: the upper bound has the smaller y.
        return edge(upper, <) + edge(lower, >).reversed()
    }
}

/// A matrix made smaller by the means of blocks of its elements.
public enum BlockMeans {
    /// How `count` things fall into at most `limit` blocks of equal size, the last one may be smaller.
    public static func blocks(_ count: Int, limit: Int) -> [Range<Int>] {
        let size = max(1, (count + limit - 1) / limit)
        return Swift.stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    }

    /// The means of blocks, at most `limit` by `limit`.
    ///
    /// - Parameters:
    ///   - stride: Of more than 1, only every `stride`-th row of a block is looked at, but at least one.
    ///   - row: The elements of a row; asked for in order, so that a large matrix can come from a file.
    public static func reduce(
        rows: Int, columns: Int, limit: Int, stride: Int = 1, row: (Int) throws -> [Double]
    ) rethrows -> (rows: Int, columns: Int, values: [Double]) {
        let (rowBlocks, columnBlocks) = (blocks(rows, limit: limit), blocks(columns, limit: limit))
        var values: [Double] = []
        values.reserveCapacity(rowBlocks.count * columnBlocks.count)
        for block in rowBlocks {
            var means = [Double](repeating: 0, count: columnBlocks.count)
            let chosen = Swift.stride(from: block.lowerBound, to: block.upperBound, by: min(stride, block.count))
            let count = chosen.reduce(0) { count, _ in count + 1 }
            for index in chosen {
                let elements = try row(index)
                for (place, columns) in columnBlocks.enumerated() {
                    // Each element divided before it is added, because a sum of large ones may be infinite.
                    let share = Double(count * columns.count)
                    means[place] = columns.reduce(means[place]) { $0 + elements[$1] / share }
                }
            }
            values += means
        }
        return (rowBlocks.count, columnBlocks.count, values)
    }
}
