extension Contours {
    /// The pieces of the lines at a level, each within one cell of the grid, in the units of the axes (marching squares: the
    /// level's crossings of a cell's edges, found by linear interpolation, are joined).
    ///
    /// A saddle, with high corners across from each other, is split by the mean of the corners. Complexity: O(grid).
    func segments(at level: Double) -> [(Point, Point)] {
        var segments: [(Point, Point)] = []
        let columns = x.count
        for row in 0..<max(0, y.count - 1) {
            for column in 0..<max(0, columns - 1) {
                let corners = [
                    (column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1),
                ].map { (at: Point(x[$0.0], y[$0.1]), value: values[$0.1 * columns + $0.0]) }
                guard corners.allSatisfy({ $0.value.isFinite }) else { continue }
                let crossings = (0..<4).compactMap { edge -> Point? in
                    let (a, b) = (corners[edge], corners[(edge + 1) % 4])
                    guard (a.value > level) != (b.value > level) else { return nil }
                    let share = (level / 2 - a.value / 2) / (b.value / 2 - a.value / 2)
                    return a.at + (b.at - a.at) * share
                }
                switch crossings.count {
                case 2: segments.append((crossings[0], crossings[1]))
                case 4:
                    let mean = corners.reduce(0) { $0 + $1.value / 4 }
                    // The two corners that are not on the middle's side are cut off.
                    let cutsFirst = (corners[0].value > level) != (mean > level)
                    segments += cutsFirst
                        ? [(crossings[3], crossings[0]), (crossings[1], crossings[2])] : [(crossings[0], crossings[1]), (crossings[2], crossings[3])]
                default: break
                }
            }
        }
        return segments
    }

    /// Levels between the least and the greatest value, evenly spaced.
    public static func levels(of values: [Double], count: Int) -> [Double] {
        let finite = values.filter(\.isFinite)
        guard let least = finite.min(), let most = finite.max(), least < most else { return [] }
        return (1...count).map { index in
            let share = Double(index) / Double(count + 1)
            return least * (1 - share) + most * share
        }
    }
}
