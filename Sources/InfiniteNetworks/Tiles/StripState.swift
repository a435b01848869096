/// The state of a strip on its way through the steps: half chords and T of some pairs, and those kept for branches.
final class StripState<Scalar: KernelScalar> {
    let fold: UnsafeMutablePointer<Scalar>
    let tangent: UnsafeMutablePointer<Scalar>
    private var frames: [(input: Snapshot, results: [Snapshot])] = []

    private struct Snapshot {
        let fold: [Scalar]
        let tangent: [Scalar]
    }

    init(capacity: Int) {
        fold = .allocate(capacity: capacity)
        tangent = .allocate(capacity: capacity)
        fold.initialize(repeating: 0, count: capacity)
        tangent.initialize(repeating: 0, count: capacity)
    }

    deinit {
        fold.deallocate()
        tangent.deallocate()
    }

    /// Runs a step on row `row` of one table, whose rows are laid out side by side, against `count` columns of another from
    /// `column` on.
    ///
    /// - Parameter same: how many of the first pairs (0 or 1) are an example with itself.
    func run(
        _ program: Program<Scalar>, step: Int, row: Int, of rows: RowTable<Scalar>, columns: RowTable<Scalar>,
        from column: Int, count: Int, same: Int, withNTK: Bool
    ) {
        switch program.operations[step] {
        case .nothing: break
        case .loop(let loop, let constants, let sparesSameExample):
            let spared = sparesSameExample ? same : 0
            guard count > spared else { return }
            Scalar.run(
                loop, constants: constants, row: rows.coefficients(of: step, row: row),
                columns: columns.coefficients(of: step, row: column + spared), stride: columns.coefficientStride,
                count: count - spared, fold: fold + spared, tangent: withNTK ? tangent + spared : nil)
        case .open: frames.append((snapshot(count, withNTK), []))
        case .next:
            frames[frames.count - 1].results.append(snapshot(count, withNTK))
            let input = frames[frames.count - 1].input
            fold.update(from: input.fold, count: count)
            if withNTK { tangent.update(from: input.tangent, count: count) }
        case .product:
            for branch in frames.removeLast().results { multiply(branch, count, withNTK) }
        case .sum:
            let results = frames.removeLast().results + [snapshot(count, withNTK)]
            add(
                results, rows.coefficients(of: step, row: row), columns.coefficients(of: step, row: column),
                stride: columns.coefficientStride, count, withNTK)
        }
    }

    private func snapshot(_ count: Int, _ withNTK: Bool) -> Snapshot {
        Snapshot(
            fold: Array(UnsafeBufferPointer(start: fold, count: count)),
            tangent: withNTK ? Array(UnsafeBufferPointer(start: tangent, count: count)) : [])
    }

    private func multiply(_ branch: Snapshot, _ count: Int, _ withNTK: Bool) {
        branch.tangent.withUnsafeBufferPointer { branchTangent in
            Scalar.joinProduct(
                fold: branch.fold, tangent: withNTK ? branchTangent.baseAddress : nil, count: count, into: fold,
                tangent: withNTK ? tangent : nil)
        }
    }

    private func add(
        _ branches: [Snapshot], _ row: UnsafePointer<Scalar>, _ shares: UnsafePointer<Scalar>, stride: Int, _ count: Int,
        _ withNTK: Bool
    ) {
        var (near, far) = ([Scalar](repeating: 0, count: count), [Scalar](repeating: 0, count: count))
        if withNTK { tangent.update(repeating: 0, count: count) }
        for (index, branch) in branches.enumerated() {
            branch.tangent.withUnsafeBufferPointer { branchTangent in
                Scalar.joinTerm(
                    share: row[index], shares: shares + index * stride, count: count, fold: branch.fold,
                    tangent: withNTK ? branchTangent.baseAddress : nil, near: &near, far: &far,
                    tangentSum: withNTK ? tangent : nil)
            }
        }
        Scalar.joinEnd(near: near, far: far, count: count, fold: fold)
    }
}
