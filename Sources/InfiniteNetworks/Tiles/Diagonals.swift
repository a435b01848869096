/// Each row of an input against itself: the kernel's diagonal, and with it the proof that no entry overflows, since
/// |K_ij|² ≤ K_ii K_jj for both kernels after every layer.
///
/// `@unchecked Sendable`: written only while it is made, by one thread, and read-only after that.
final class Diagonals<Scalar: KernelScalar>: @unchecked Sendable {
    /// s² and s²T of each row after the last layer.
    let nngp: UnsafeMutablePointer<Scalar>
    let ntk: UnsafeMutablePointer<Scalar>
    /// T of each row after the last layer.
    let tangent: UnsafeMutablePointer<Scalar>

    init(
        _ rows: NormalizedRows<Scalar>, of input: KernelError.Input, program: Program<Scalar>, block: Int, withNTK: Bool,
        isCancelled: () -> Bool
    ) throws(KernelError) {
        let capacity = max(1, rows.count)
        nngp = .allocate(capacity: capacity)
        ntk = .allocate(capacity: capacity)
        tangent = .allocate(capacity: capacity)
        for array in [nngp, ntk, tangent] { array.initialize(repeating: 0, count: capacity) }
        let byRow = RowTable<Scalar>(steps: program.steps, capacity: block, layout: .rows)
        let state = StripState<Scalar>(capacity: 1)
        for start in stride(from: 0, to: rows.count, by: block) {
            if isCancelled() { throw .cancelled }
            let count = min(block, rows.count - start)
            byRow.fill(rows.deviations + start, count: count)
            for row in 0..<count {
                // The same loops as for any pair, so that a duplicate of a row meets it with the same bits.
                state.fold[0] = rows.deviations[start + row] > 0 ? 0 : 0.5
                state.tangent[0] = 0
                var scaled: Scalar = 0
                for step in program.steps.indices {
                    let before = Double(byRow.deviations(after: step)[row])
                    if let map = program.steps[step].map, !map.isDefined(at: before * before) {
                        throw .divergence(
                            input, row: start + row, layer: step, name: program.steps[step].name, domain: map.domain)
                    }
                    state.run(
                        program, step: step, row: row, of: byRow, columns: byRow, from: row, count: 1, same: 1,
                        withNTK: withNTK)
                    let deviation = byRow.deviations(after: step + 1)[row]
                    let variance = deviation * deviation
                    scaled = variance * state.tangent[0]
                    for (kind, value) in [(KernelKind.nngp, variance), (.ntk, scaled)] where !value.isFinite {
                        throw .overflow(kind, input, row: start + row, layer: step, name: program.steps[step].name)
                    }
                }
                let deviation = byRow.deviations(after: program.steps.count)[row]
                nngp[start + row] = deviation * deviation
                ntk[start + row] = scaled
                tangent[start + row] = state.tangent[0]
            }
        }
    }

    deinit {
        nngp.deallocate()
        ntk.deallocate()
        tangent.deallocate()
    }
}
