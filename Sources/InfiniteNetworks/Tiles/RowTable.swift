/// What the loops need of a block of rows: after each step its deviations, for each step its coefficients, in the order
/// the loops read them.
///
/// A block is filled again for each tile: that costs a few percent of the tile, and no memory in proportion to rows × layers.
final class RowTable<Scalar: KernelScalar> {
    enum Layout {
        /// A row's coefficients side by side.
        case rows
        /// One coefficient of all rows side by side.
        case columns
    }

    private let steps: [Step]
    private let capacity: Int
    private let layout: Layout
    /// Where each step's coefficients begin.
    private let offsets: [Int]
    private let coefficients: UnsafeMutablePointer<Scalar>
    /// [steps + 1, capacity]: of the input, then after each step.
    private let deviations: UnsafeMutablePointer<Scalar>
    private let current: UnsafeMutablePointer<Double>
    private let scratch: UnsafeMutablePointer<Double>

    init(steps: [Step], capacity: Int, layout: Layout) {
        self.steps = steps
        self.capacity = capacity
        self.layout = layout
        let counts = steps.map { $0.map?.coefficientCount ?? 0 }
        var total = 0
        var starts: [Int] = []
        for count in counts {
            starts.append(total)
            total += count * capacity
        }
        offsets = starts
        coefficients = .allocate(capacity: max(1, total))
        coefficients.initialize(repeating: 0, count: max(1, total))
        deviations = .allocate(capacity: (steps.count + 1) * capacity)
        deviations.initialize(repeating: 0, count: (steps.count + 1) * capacity)
        current = .allocate(capacity: capacity)
        scratch = .allocate(capacity: max(1, counts.max() ?? 0))
    }

    deinit {
        coefficients.deallocate()
        deviations.deallocate()
        current.deallocate()
        scratch.deallocate()
    }

    var columnStride: Int { capacity }

    func fill(_ source: UnsafePointer<Double>, count: Int) {
        current.initialize(from: source, count: count)
        store(0, count)
        for (index, step) in steps.enumerated() {
            if let map = step.map { apply(map, offsets[index], count) }
            store(index + 1, count)
        }
    }

    private func apply(_ map: any LayerMap, _ offset: Int, _ count: Int) {
        let width = map.coefficientCount
        let (rowStride, coefficientStride) = layout == .rows ? (width, 1) : (1, capacity)
        for row in 0..<count {
            current[row] = map.image(of: current[row], coefficients: scratch)
            let target = coefficients + offset + row * rowStride
            for k in 0..<width { target[k * coefficientStride] = narrowed(scratch[k]) }
        }
    }

    /// A coefficient beyond the precision's range belongs to a row whose kernel is below it; it must not become infinite,
    /// for infinity times zero is no number.
    private func narrowed(_ value: Double) -> Scalar {
        let limit = Scalar.greatestFiniteMagnitude
        return min(Scalar(value), limit)
    }

    private func store(_ step: Int, _ count: Int) {
        let target = deviations + step * capacity
        for row in 0..<count { target[row] = Scalar(current[row]) }
    }

    /// Standard deviations after step `step` (0: of the input).
    func deviations(after step: Int) -> UnsafePointer<Scalar> { UnsafePointer(deviations + step * capacity) }

    /// The coefficients of row `row` for a step, in either layout the address of its first one.
    func coefficients(of step: Int, row: Int = 0) -> UnsafePointer<Scalar> {
        let width = steps[step].map?.coefficientCount ?? 0
        return UnsafePointer(coefficients + offsets[step] + row * (layout == .rows ? width : 1))
    }
}
