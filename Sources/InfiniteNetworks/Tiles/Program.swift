/// The steps of a stack with their constants in the precision of the computation.
///
/// `@unchecked Sendable`: the constants are written while it is made and read-only after that.
final class Program<Scalar: KernelScalar>: @unchecked Sendable {
    struct Instruction {
        let loop: PairLoop
        let constants: UnsafePointer<Scalar>
    }

    let steps: [Step]
    /// Nil for a step that leaves pairs as they are, or joins branches.
    let instructions: [Instruction?]
    private let constants: UnsafeMutablePointer<Scalar>

    /// The largest error among the layers that are integrated.
    var quadratureError: Double? { steps.compactMap { ($0.map as? any EstimatedMap)?.estimatedError }.max() }

    init(_ steps: [Step]) {
        self.steps = steps
        let values = steps.flatMap { $0.map?.constants ?? [] }
        constants = .allocate(capacity: max(1, values.count))
        for (index, value) in values.enumerated() { (constants + index).initialize(to: Scalar(value)) }
        var next = UnsafePointer(constants)
        var instructions: [Instruction?] = []
        for step in steps {
            instructions.append(step.map?.loop.map { Instruction(loop: $0, constants: next) })
            next += step.map?.constants.count ?? 0
        }
        self.instructions = instructions
    }

    deinit { constants.deallocate() }

    /// Runs step `step` on a strip: row `row` of one table against `count` columns of another from `column` on.
    func run(
        _ step: Int, row: Int, of rows: RowTable<Scalar>, columns: RowTable<Scalar>, from column: Int, count: Int,
        fold: UnsafeMutablePointer<Scalar>, tangent: UnsafeMutablePointer<Scalar>?
    ) {
        guard count > 0, let instruction = instructions[step] else { return }
        Scalar.run(
            instruction.loop, constants: instruction.constants, row: rows.coefficients(of: step, row: row),
            columns: columns.coefficients(of: step, row: column), stride: columns.columnStride, count: count,
            fold: fold, tangent: tangent)
    }
}
