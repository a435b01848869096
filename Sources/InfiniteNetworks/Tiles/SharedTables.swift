/// The tables of all rows of both inputs, filled once, where they are small beside the rows themselves; a tile's worth of them
/// would otherwise be filled again for each tile.
///
/// `@unchecked Sendable`: the tables are filled while it is made, and read-only after that.
final class SharedTables<Scalar: KernelScalar>: @unchecked Sendable {
    let byRow: RowTable<Scalar>
    let byColumn: RowTable<Scalar>

    /// The most bytes that both take.
    static var mostBytes: Int { 16 * 1024 * 1024 }

    /// Nil where they would take more.
    init?(_ program: Program<Scalar>, left: NormalizedRows<Scalar>, right: NormalizedRows<Scalar>) {
        let (coefficients, deviations) = (program.coefficientCount, program.steps.count + 1)
        guard (left.count + right.count) * (coefficients + deviations) * MemoryLayout<Scalar>.stride <= Self.mostBytes else {
            return nil
        }
        byRow = RowTable(steps: program.steps, capacity: max(1, left.count), layout: .rows)
        byColumn = RowTable(steps: program.steps, capacity: max(1, right.count), layout: .columns)
        byRow.fill(left.deviations, count: left.count)
        byColumn.fill(right.deviations, count: right.count)
    }
}
