/// What the loops need of a block of rows: after each step its deviations, for each step its coefficients, in the order
/// the loops read them.
///
/// Where those of all rows would be large (``SharedTables``) a block is filled again for each tile: that costs a few percent of
/// the tile, and no memory in proportion to rows × layers.
final class RowTable<Scalar: KernelScalar> {
    enum Layout {
        /// A row's coefficients side by side.
        case rows
        /// One coefficient of all rows side by side.
        case columns
    }

    private let steps: [Step]
    /// Coefficients of each step.
    private let widths: [Int]
    private let capacity: Int
    private let layout: Layout
    /// Where each step's coefficients begin.
    private let offsets: [Int]
    private let coefficients: UnsafeMutablePointer<Scalar>
    /// [steps + 1, capacity]: of the input, then after each step.
    private let deviations: UnsafeMutablePointer<Scalar>
    private var walk: DeviationWalk

    init(steps: [Step], capacity: Int, layout: Layout) {
        self.steps = steps
        self.capacity = capacity
        self.layout = layout
        widths = steps.map(\.coefficientCount)
        var total = 0
        var starts: [Int] = []
        for count in widths {
            starts.append(total)
            total += count * capacity
        }
        offsets = starts
        coefficients = .allocate(capacity: max(1, total))
        coefficients.initialize(repeating: 0, count: max(1, total))
        deviations = .allocate(capacity: (steps.count + 1) * capacity)
        deviations.initialize(repeating: 0, count: (steps.count + 1) * capacity)
        walk = DeviationWalk([], steps: steps)
    }

    deinit {
        coefficients.deallocate()
        deviations.deallocate()
    }

    /// Between the coefficients of one row.
    var coefficientStride: Int { layout == .rows ? 1 : capacity }

    func fill(_ source: UnsafePointer<Double>, count: Int) {
        walk.begin(UnsafeBufferPointer(start: source, count: count))
        store(0)
        for (index, step) in steps.enumerated() {
            let width = widths[index]
            let (rowStride, coefficientStride) = layout == .rows ? (width, 1) : (1, capacity)
            let base = coefficients + offsets[index]
            walk.take(step) { row, values in
                let target = base + row * rowStride
                for k in 0..<width { target[k * coefficientStride] = narrowed(values[k]) }
            }
            store(index + 1)
        }
    }

    /// A coefficient beyond the precision's range belongs to a row whose kernel is below it; it must not become infinite,
    /// for infinity times zero is no number.
    private func narrowed(_ value: Double) -> Scalar {
        let limit = Scalar.greatestFiniteMagnitude
        return min(Scalar(value), limit)
    }

    private func store(_ step: Int) {
        let target = deviations + step * capacity
        for (row, deviation) in walk.current.enumerated() { target[row] = Scalar(deviation) }
    }

    /// Standard deviations after step `step` (0: of the input).
    func deviations(after step: Int) -> UnsafePointer<Scalar> { UnsafePointer(deviations + step * capacity) }

    /// The coefficients of row `row` for a step, in either layout the address of its first one.
    func coefficients(of step: Int, row: Int = 0) -> UnsafePointer<Scalar> {
        UnsafePointer(coefficients + offsets[step] + row * (layout == .rows ? widths[step] : 1))
    }
}
