/// Numbers in memory of their own, not initialised, so that several threads may write their parts without a copy.
///
/// Unchecked: whoever hands it to threads gives each a part of its own, or lets all of them read only.
final class ScalarMemory<Scalar: NetworkScalar>: @unchecked Sendable {
    let start: UnsafeMutablePointer<Scalar>
    let count: Int

    init(_ count: Int) {
        self.count = count
        start = .allocate(capacity: max(1, count))
    }

    deinit { start.deallocate() }
}
