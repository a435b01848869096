/// What may be made of an object with faults, for checks that go on with the rest of it.
extension ObjectReader {
    /// The members that cannot be relied on: those at fault since a mark, and those that one of an unknown name was most likely
    /// meant for. Call after ``finish()``.
    ///
    /// Complexity: O(faults since the mark + members asked for).
    public func openMembers(since mark: Faults.Mark) -> Set<String> {
        guard let found = faults.since(mark) else { return Set(known) }
        if found.isEmpty { return [] }
        let inside = found.compactMap { $0.pointer.firstToken(below: pointer) }
        let meant = object.members.lazy.filter { !self.known.contains($0.name) }.compactMap { nearestName(to: $0.name, among: self.known) }
        return Set(inside).union(meant)
    }
}
