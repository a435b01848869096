import Synchronization

/// A block of the result: rows and columns, end exclusive.
struct Tile {
    let rows: Range<Int>
    let columns: Range<Int>
}

/// The tiles of an n1 × n2 result, handed out one at a time to whichever thread is free.
final class TileSchedule: Sendable {
    let side: Int
    let tiles: [Tile]
    private let next = Atomic<Int>(0)
    private let completed = Mutex(0)
    private let stopped = Atomic<Bool>(false)

    /// - Parameter symmetric: only tiles that touch the upper triangle.
    init(rows: Int, columns: Int, symmetric: Bool, threads: Int, layers: Int) {
        // Small results are cut finer, so that every thread has work; 256² float64 Gram entries fit in 512 KiB of cache.
        // So are those of very deep networks, for a tile is also the grain of cancellation and must end well within a second.
        let largest = layers <= 500 ? 256 : 64
        let side = min(largest, max(64, (max(rows, columns) / (4 * threads) + 15) / 16 * 16))
        var tiles: [Tile] = []
        for top in stride(from: 0, to: rows, by: side) {
            let rowRange = top..<min(top + side, rows)
            for left in stride(from: symmetric ? top : 0, to: columns, by: side) {
                tiles.append(Tile(rows: rowRange, columns: left..<min(left + side, columns)))
            }
        }
        self.side = side
        self.tiles = tiles
    }

    /// The next tile nobody has taken; nil when all are taken or the work was stopped.
    func take() -> Tile? {
        guard !stopped.load(ordering: .relaxed) else { return nil }
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        return index < tiles.count ? tiles[index] : nil
    }

    /// Counts a finished tile; reports come one at a time and in order.
    func finish(_ report: (Int, Int) -> Void) {
        completed.withLock { count in
            count += 1
            report(count, tiles.count)
        }
    }

    func stop() { stopped.store(true, ordering: .relaxed) }

    var wasStopped: Bool { stopped.load(ordering: .relaxed) }
}
