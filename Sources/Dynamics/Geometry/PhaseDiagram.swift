import Architectures
import Dispatch
import Synchronization

/// The phases of deep networks of one nonlinearity over (weight_std, bias_std), and the line between order and chaos.
public struct PhaseDiagram: Sendable {
    /// By weight_std, then by bias_std: [nw · nb].
    public let points: [PhasePoint]
    /// The critical point at each bias_std: [nb].
    public let critical: [Result<CriticalPoint, CriticalPoint.Absence>]

    /// Complexity: two one-dimensional searches a point, each of some fifty means of φ² or of φ(u)φ(v).
    ///
    /// - Throws: ``DynamicsError/cancelled``.
    public init(
        of nonlinearity: Nonlinearity, weightStds: [Double], biasStds: [Double], threads: Int, progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(DynamicsError) {
        // The points of the critical line take a few times as long as others, so they go first.
        let total = biasStds.count + weightStds.count * biasStds.count
        struct State {
            var next = 0
            var done = 0
            var points: [Int: PhasePoint] = [:]
            var critical: [Int: Result<CriticalPoint, CriticalPoint.Absence>] = [:]
        }
        let state = Mutex(State())
        DispatchQueue.concurrentPerform(iterations: max(1, min(threads, total))) { _ in
            while !isCancelled() {
                let index = state.withLock { state -> Int in
                    defer { state.next += 1 }
                    return state.next
                }
                guard index < total else { return }
                let place = index - biasStds.count
                if place < 0 {
                    // It throws only where it is cancelled, and then there is nothing to keep.
                    guard let point = try? CriticalPoint.find(of: nonlinearity, biasStd: biasStds[index], isCancelled: isCancelled) else { return }
                    state.withLock { $0.critical[index] = point }
                } else {
                    let point = PhasePoint(of: nonlinearity, weightStd: weightStds[place / biasStds.count], biasStd: biasStds[place % biasStds.count])
                    state.withLock { $0.points[place] = point }
                }
                let done = state.withLock { state -> Int in
                    state.done += 1
                    return state.done
                }
                progress(done, total)
            }
        }
        let found = state.withLock { $0 }
        points = (0..<weightStds.count * biasStds.count).compactMap { found.points[$0] }
        critical = biasStds.indices.compactMap { found.critical[$0] }
        guard points.count + critical.count == total else { throw .cancelled }
    }
}
