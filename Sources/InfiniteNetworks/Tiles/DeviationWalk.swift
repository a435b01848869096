/// The standard deviations of some rows on their way through the steps, branches included.
struct DeviationWalk {
    private(set) var current: [Double]
    private var frames: [(input: [Double], results: [[Double]])] = []
    private var scratch: [Double]

    init(_ deviations: [Double], steps: [Step]) {
        current = deviations
        scratch = Array(repeating: 0, count: max(1, steps.map(\.coefficientCount).max() ?? 0))
    }

    /// Starts over with other rows.
    mutating func begin(_ deviations: UnsafeBufferPointer<Double>) {
        current.replaceSubrange(current.indices, with: deviations)
    }

    /// Takes one step; `store` gets each row's coefficients.
    mutating func take(_ step: Step, store: (Int, UnsafePointer<Double>) -> Void = { _, _ in }) {
        switch step.action {
        case .nothing: break
        case .map(let map):
            // The map may be another than the one this was made for, with more coefficients.
            if scratch.count < map.coefficientCount { scratch = Array(repeating: 0, count: map.coefficientCount) }
            visit(store) { map.image(of: $0[$1], coefficients: $2) }
        case .open: frames.append((current, []))
        case .next:
            frames[frames.count - 1].results.append(current)
            current = frames[frames.count - 1].input
        case .join(let join):
            let branches = frames.removeLast().results + [current]
            visit(store) { _, row, coefficients in join.image(of: branches.map { $0[row] }, coefficients: coefficients) }
        }
    }

    private mutating func visit(
        _ store: (Int, UnsafePointer<Double>) -> Void, _ image: ([Double], Int, UnsafeMutablePointer<Double>) -> Double
    ) {
        scratch.withUnsafeMutableBufferPointer { buffer in
            // The scratch has room for one number at least.
            guard let base = buffer.baseAddress else { return }
            for row in current.indices {
                current[row] = image(current, row, base)
                store(row, base)
            }
        }
    }
}
