/// Coarse deadlines for many connections: slots of one tick each, swept as time goes on.
/// Entries are never removed; one that no longer counts is ignored by its owner when it comes up. O(1) each.
struct TimerWheel {
    struct Entry {
        let connection: ConnectionID
        let tick: Int
    }

    /// Seconds of one tick.
    static let resolution = 0.2
    private var slots = [[Entry]](repeating: [], count: 512)
    private var current: Int

    init(now: Double) {
        current = Self.tick(of: now)
    }

    /// The first tick that is not before `time`.
    static func tick(of time: Double) -> Int {
        Int((time / resolution).rounded(.up))
    }

    /// Enters a connection.
    /// - Returns: the tick at which it comes up: that of `deadline`, or the wheel's horizon if that is nearer.
    mutating func schedule(_ connection: ConnectionID, deadline: Double) -> Int {
        let farthest = Double(current + slots.count - 1) * Self.resolution
        let tick = max(current + 1, Self.tick(of: min(deadline, farthest)))
        slots[tick % slots.count].append(Entry(connection: connection, tick: tick))
        return tick
    }

    /// Takes out what has come up until `now`.
    mutating func advance(to now: Double) -> [Entry] {
        let target = Int(now / Self.resolution)
        var due: [Entry] = []
        while current < target {
            current += 1
            let slot = current % slots.count
            due.append(contentsOf: slots[slot])
            slots[slot].removeAll(keepingCapacity: slots[slot].count < 64)
        }
        return due
    }
}
