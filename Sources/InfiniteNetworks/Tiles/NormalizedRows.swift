import LinearAlgebra

/// The rows of an input as unit vectors and standard deviations, s = |x|/√d: the start of every recursion.
///
/// The direction of a row is found at a scale near 1, so inputs of any size keep their digits. A zero row has the zero
/// vector for a direction, hence cosine 0 with everything, and deviation 0.
/// `@unchecked Sendable`: written only while it is made, by one thread, and read-only after that.
final class NormalizedRows<Scalar: KernelScalar>: @unchecked Sendable {
    let count: Int
    let dimension: Int
    let units: UnsafeMutablePointer<Scalar>
    let deviations: UnsafeMutablePointer<Double>

    init(_ view: MatrixView<Scalar>, as input: KernelError.Input, isCancelled: () -> Bool) throws(KernelError) {
        count = view.rows
        dimension = view.columns
        units = .allocate(capacity: max(1, count * dimension))
        deviations = .allocate(capacity: max(1, count))
        deviations.initialize(repeating: 0, count: max(1, count))
        for row in 0..<count {
            if row % 256 == 0, isCancelled() { throw .cancelled }
            let clean = Scalar.normalise(view.row(row), count: dimension, unit: unit(row), deviation: &deviations[row])
            guard clean == dimension else { throw .notFinite(input, row: row, column: clean) }
            // Below the normal numbers a deviation has no digits left to carry through a network.
            if deviations[row] < Double(Scalar.leastNormalMagnitude) { deviations[row] = 0 }
        }
    }

    deinit {
        units.deallocate()
        deviations.deallocate()
    }

    func unit(_ row: Int) -> UnsafeMutablePointer<Scalar> { units + row * dimension }
}
