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

    /// - Parameters:
    ///   - symmetric: only tiles that touch the upper triangle.
    ///   - coefficients: of one row, over all layers.
    init(rows: Int, columns: Int, symmetric: Bool, threads: Int, layers: Int, coefficients: Int) {
        // Small results are cut finer, so that every thread has work.
        let even = max(64, (max(rows, columns) / (4 * threads) + 15) / 16 * 16)
        let side = min(Self.largestSide(layers: layers, coefficients: coefficients), even)
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

    /// 256² float64 Gram entries fit in 512 KiB of cache. Very deep networks take less: a tile is the grain of cancellation and
    /// must end well within a second, and a thread holds the coefficients of its rows and columns (``tableBytes``).
    private static func largestSide(layers: Int, coefficients: Int) -> Int {
        let sides = layers <= 500 ? [256, 128, 64, 32] : [64, 32]
        return sides.first { bytes(side: $0, coefficients: coefficients) <= tableBytes } ?? 16
    }

    /// What a thread's tables may take, as long as tiles of 16 rows need no more.
    private static let tableBytes = 32 * 1024 * 1024

    private static func bytes(side: Int, coefficients: Int) -> Int { 2 * side * coefficients * MemoryLayout<Double>.size }

    /// The most that the tables of one thread take.
    static func mostTableBytes(coefficients: Int) -> Int {
        min(bytes(side: 256, coefficients: coefficients), max(tableBytes, bytes(side: 16, coefficients: coefficients)))
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
