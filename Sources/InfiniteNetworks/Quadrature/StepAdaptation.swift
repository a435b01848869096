/// Chooses the rules of the layers that are integrated for the deviations that the rows have there, and tables in their place
/// where a matrix is large.
enum StepAdaptation {
    /// Below it a table does not pay: finding its degrees alone takes some hundreds of quadratures.
    private static let fewPairs = 5_000

    /// Complexity: O(rows × layers) up to the last layer that is integrated; nothing where none is. A table takes at most half
    /// of the quadratures that it saves.
    ///
    /// - Parameter pairs: how many pairs the loops will visit.
    static func adapted<Scalar>(
        _ steps: [Step], to inputs: [NormalizedRows<Scalar>], pairs: Int, isCancelled: () -> Bool
    ) -> [Step] {
        guard let last = steps.lastIndex(where: { $0.map is any AdaptiveMap }) else { return steps }
        var result = steps
        var walk = DeviationWalk(inputs.flatMap { rows in (0..<rows.count).map { rows.deviations[$0] } }, steps: steps)
        for index in 0...last {
            if let adaptive = steps[index].map as? any AdaptiveMap {
                let (least, largest) = (walk.current.min() ?? 0, walk.current.max() ?? 0)
                result[index] = Step(
                    name: steps[index].name,
                    action: .map(fitted(adaptive, to: least...largest, pairs: pairs, isCancelled: isCancelled)))
            }
            walk.take(result[index])
        }
        return result
    }

    private static func fitted(
        _ adaptive: any AdaptiveMap, to range: ClosedRange<Double>, pairs: Int, isCancelled: () -> Bool
    ) -> any LayerMap {
        if let series = adaptive.series(upTo: range.upperBound) { return series }
        let map = adaptive.adapted(upTo: range.upperBound)
        return pairs < fewPairs ? map : map.tabulated(over: range, pairs: pairs, isCancelled: isCancelled) ?? map
    }
}
