import Dispatch
import LinearAlgebra
import Synchronization

/// The rows of an input as unit vectors and standard deviations, s = |x|/√d: the start of every recursion.
///
/// The direction of a row is found at a scale near 1, so inputs of any size keep their digits. A zero row has the zero
/// vector for a direction, hence cosine 0 with everything, and deviation 0.
/// `@unchecked Sendable`: written only while it is made, each row by one thread, and read-only after that.
final class NormalizedRows<Scalar: KernelScalar>: @unchecked Sendable {
    let count: Int
    let dimension: Int
    let units: UnsafeMutablePointer<Scalar>
    let deviations: UnsafeMutablePointer<Double>

    init(
        _ view: MatrixView<Scalar>, as input: KernelError.Input, threads: Int = 1, isCancelled: @Sendable () -> Bool
    ) throws(KernelError) {
        count = view.rows
        dimension = view.columns
        units = .allocate(capacity: max(1, count * dimension))
        deviations = .allocate(capacity: max(1, count))
        deviations.initialize(repeating: 0, count: max(1, count))
        let blocks = (count + Self.block - 1) / Self.block
        let next = Atomic<Int>(0)
        let fault = Mutex<(row: Int, column: Int)?>(nil)
        DispatchQueue.concurrentPerform(iterations: min(max(1, threads), max(1, blocks))) { _ in
            while !isCancelled() {
                let first = next.wrappingAdd(1, ordering: .relaxed).oldValue * Self.block
                guard first < count else { return }
                guard let bad = normalise(view, first..<min(count, first + Self.block)) else { continue }
                fault.withLock { known in if known.map({ bad.row < $0.row }) ?? true { known = bad } }
            }
        }
        if isCancelled() { throw .cancelled }
        if let bad = fault.withLock(\.self) { throw .notFinite(input, row: bad.row, column: bad.column) }
    }

    /// Rows between two looks at whether to go on.
    private static var block: Int { 256 }

    /// - Returns: the first element that is not finite.
    private func normalise(_ view: MatrixView<Scalar>, _ rows: Range<Int>) -> (row: Int, column: Int)? {
        for row in rows {
            let clean = Scalar.normalise(view.row(row), count: dimension, unit: unit(row), deviation: &deviations[row])
            guard clean == dimension else { return (row, clean) }
            // Below the normal numbers a deviation has no digits left to carry through a network.
            if deviations[row] < Double(Scalar.leastNormalMagnitude) { deviations[row] = 0 }
        }
        return nil
    }

    deinit {
        units.deallocate()
        deviations.deallocate()
    }

    func unit(_ row: Int) -> UnsafeMutablePointer<Scalar> { units + row * dimension }
}
