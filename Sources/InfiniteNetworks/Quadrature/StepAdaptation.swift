/// Chooses the rules of the layers that are integrated for the deviations that the rows have there.
enum StepAdaptation {
    /// Complexity: O(rows × layers) up to the last layer that is integrated; nothing where none is.
    static func adapted<Scalar>(_ steps: [Step], to inputs: [NormalizedRows<Scalar>]) -> [Step] {
        guard let last = steps.lastIndex(where: { $0.map is any AdaptiveMap }) else { return steps }
        var result = steps
        var walk = DeviationWalk(inputs.flatMap { rows in (0..<rows.count).map { rows.deviations[$0] } }, steps: steps)
        for index in 0...last {
            if let adaptive = steps[index].map as? any AdaptiveMap {
                let largest = walk.current.max() ?? 0
                result[index] = Step(name: steps[index].name, action: .map(adaptive.adapted(upTo: largest)))
            }
            walk.take(steps[index])
        }
        return result
    }
}
