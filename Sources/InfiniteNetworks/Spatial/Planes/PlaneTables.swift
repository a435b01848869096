import Dispatch
import Synchronization

/// The tables of a set of images: kept where they fit, else made again for each tile that needs them, which costs a few
/// percent of the tile.
struct PlaneTables<Scalar: PlaneScalar>: Sendable {
    /// Bytes of tables that are kept.
    static var budget: Int { 512 << 20 }

    let areInRange: Bool
    let areKept: Bool
    private let rows: ImageRows
    private let plan: PlanePlan
    private let kept: [PlaneTable<Scalar>]

    init(_ rows: ImageRows, _ plan: PlanePlan, threads: Int, budget: Int = Self.budget) {
        (self.rows, self.plan) = (rows, plan)
        let count = rows.images.count
        let areKept = count <= budget / PlaneTable<Scalar>.bytes(plan.shape)
        let made = Mutex<[(Int, PlaneTable<Scalar>)]>([])
        let inRange = Mutex(true)
        let next = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: max(1, min(threads, count))) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                let table = PlaneTable<Scalar>(rows.images[index], plan)
                inRange.withLock { $0 = $0 && table.isInRange }
                if areKept { made.withLock { $0.append((index, table)) } }
            }
        }
        self.areKept = areKept
        areInRange = inRange.withLock { $0 }
        kept = made.withLock { $0.sorted { $0.0 < $1.0 }.map(\.1) }
    }

    var count: Int { rows.images.count }

    subscript(index: Int) -> PlaneTable<Scalar> { areKept ? kept[index] : PlaneTable(rows.images[index], plan) }
}
