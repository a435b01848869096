/// Which outputs' tangents a kernel pairs: Θ of n rows and k outputs is [n · k, n · k].
public enum KernelOutputs: String, Sendable, CaseIterable {
    /// The mean over outputs of the diagonal blocks, [n1, n2].
    case mean
    /// All blocks, [n1, n2, k, k].
    case full
    /// The diagonal blocks, [k, n1, n2].
    case perOutput = "per_output"

    /// Matrices [n1, n2] that a kernel of k outputs consists of; those of `full` are numbered o · k + q.
    func planes(of outputs: Int) -> Int {
        switch self {
        case .mean: 1
        case .full: outputs * outputs
        case .perOutput: outputs
        }
    }

    /// The shape of a kernel.
    public func shape(rows: Int, columns: Int, outputs: Int) -> [Int] {
        switch self {
        case .mean: [rows, columns]
        case .full: [rows, columns, outputs, outputs]
        case .perOutput: [outputs, rows, columns]
        }
    }

    /// Which pairs of outputs each plane adds up, for the outputs that factors hold.
    func terms(of held: Range<Int>, outputs: Int) -> [(plane: Int, pairs: [(left: Int, right: Int)])] {
        switch self {
        case .mean: [(0, held.map { ($0, $0) })]
        case .perOutput: held.map { ($0, [($0, $0)]) }
        case .full: held.flatMap { o in held.map { (o * outputs + $0, [(o, $0)]) } }
        }
    }
}
