import Synchronization

/// Open connections of each client address, so that one client cannot take every place.
final class AddressCounts: Sendable {
    /// Connections that one address may have; 0 for any number.
    private let limit: Int
    private let counts = Mutex<[String: Int]>([:])

    init(limit: Int) { self.limit = limit }

    /// Takes a place; false where the address has all it may have.
    func take(_ address: String) -> Bool {
        guard limit > 0 else { return true }
        return counts.withLock { counts in
            guard counts[address, default: 0] < limit else { return false }
            counts[address, default: 0] += 1
            return true
        }
    }

    /// Gives a place back.
    func release(_ address: String) {
        guard limit > 0 else { return }
        counts.withLock { counts in
            guard let count = counts[address] else { return }
            counts[address] = count > 1 ? count - 1 : nil
        }
    }
}
