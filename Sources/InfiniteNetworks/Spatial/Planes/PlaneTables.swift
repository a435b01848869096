import Dispatch
import Synchronization

/// The tables of a set of images: as many as fit are kept, the others made again for each tile that needs them, which costs a
/// few percent of the tile.
struct PlaneTables<Scalar: PlaneScalar>: Sendable {
    /// Bytes of tables that are kept.
    static var budget: Int { 512 << 20 }

    let areInRange: Bool
    private let rows: ImageRows
    private let plan: PlanePlan
    /// Of the first images.
    private let kept: [PlaneTable<Scalar>]
    /// By image: what the joins left of it.
    private let joined: [[JoinedMaps<Scalar>]]

    init(_ rows: ImageRows, _ plan: PlanePlan, threads: Int, budget: Int = Self.budget) {
        (self.rows, self.plan) = (rows, plan)
        let count = rows.images.count
        let keptCount = min(count, budget / (plan.tableSize * MemoryLayout<Scalar>.stride))
        let made = Mutex<[(Int, PlaneTable<Scalar>?, [JoinedMaps<Scalar>])]>([])
        let inRange = Mutex(true)
        let next = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: max(1, min(threads, count))) { _ in
            let worker = plan.ownOffsets.isEmpty ? nil : PlaneWorker<Scalar>(plan, withTangent: false)
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                let table = PlaneTable<Scalar>(rows.images[index], plan)
                let joined = worker?.complete(table) ?? []
                inRange.withLock { $0 = $0 && table.isInRange }
                made.withLock { $0.append((index, index < keptCount ? table : nil, joined)) }
            }
        }
        areInRange = inRange.withLock { $0 }
        let sorted = made.withLock { $0.sorted { $0.0 < $1.0 } }
        kept = sorted.compactMap(\.1)
        joined = sorted.map(\.2)
    }

    var count: Int { rows.images.count }
    var areKept: Bool { kept.count == count }

    subscript(index: Int) -> PlaneTable<Scalar> {
        index < kept.count ? kept[index] : PlaneTable(rows.images[index], plan, joined: joined[index])
    }
}
