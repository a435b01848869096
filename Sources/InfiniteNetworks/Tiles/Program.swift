/// The steps of a stack with their constants in the precision of the computation.
///
/// `@unchecked Sendable`: the constants are written while it is made and read-only after that.
final class Program<Scalar: KernelScalar>: @unchecked Sendable {
    /// What a step does to a strip, without the map it came from: a strip takes a microsecond, and asking the map each time
    /// would count.
    enum Operation {
        /// Leaves pairs as they are.
        case nothing
        /// - Parameter sparesSameExample: of ``LayerMap``.
        case loop(PairLoop, constants: UnsafePointer<Scalar>, sparesSameExample: Bool)
        case open
        case next
        case sum
        case product
    }

    let steps: [Step]
    let operations: [Operation]
    private let constants: UnsafeMutablePointer<Scalar>

    /// The largest error among the layers that are integrated.
    var quadratureError: Double? { steps.compactMap { ($0.map as? any EstimatedMap)?.estimatedError }.max() }

    /// Of one row, over all steps.
    var coefficientCount: Int { steps.reduce(0) { $0 + $1.coefficientCount } }

    init(_ steps: [Step]) {
        self.steps = steps
        let values = steps.flatMap { $0.map?.constants ?? [] }
        constants = .allocate(capacity: max(1, values.count))
        for (index, value) in values.enumerated() { (constants + index).initialize(to: Scalar(value)) }
        var next = UnsafePointer(constants)
        operations = steps.map { step in
            switch step.action {
            case .map(let map):
                defer { next += map.constants.count }
                guard let loop = map.loop else { return .nothing }
                return .loop(loop, constants: next, sparesSameExample: map.sparesSameExample)
            case .nothing: return .nothing
            case .open: return .open
            case .next: return .next
            case .join(let join): return join.combine == .product ? .product : .sum
            }
        }
    }

    deinit { constants.deallocate() }
}
