/// Chooses the rules of the layers that are integrated for the deviations that the rows have there.
enum StepAdaptation {
    /// Complexity: O(rows × layers) up to the last layer that is integrated; nothing where none is.
    static func adapted<Scalar>(_ steps: [Step], to inputs: [NormalizedRows<Scalar>]) -> [Step] {
        guard let last = steps.lastIndex(where: { $0.map is any AdaptiveMap }) else { return steps }
        var result = steps
        var deviations = inputs.flatMap { rows in (0..<rows.count).map { rows.deviations[$0] } }
        let width = steps.compactMap { $0.map?.coefficientCount }.max() ?? 0
        withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, width)) { buffer in
            // A temporary of the capacity asked for has an address.
            guard let scratch = buffer.baseAddress else { return }
            for index in 0...last {
                guard let map = steps[index].map else { continue }
                if let adaptive = map as? any AdaptiveMap {
                    result[index] = Step(name: steps[index].name, map: adaptive.adapted(upTo: deviations.max() ?? 0))
                }
                for row in deviations.indices { deviations[row] = map.image(of: deviations[row], coefficients: scratch) }
            }
        }
        return result
    }
}
