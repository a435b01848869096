/// What may be made of an object with faults, for checks that go on with the rest of it.
extension ObjectReader {
    /// The members that cannot be relied on: those at fault since a mark, and, beside one of an unknown name, those that are
    /// absent, as it may have been meant for any of them. Call after ``finish()``.
    ///
    /// Complexity: O(faults since the mark + members asked for).
    public func openMembers(since mark: Faults.Mark) -> Set<String> {
        guard let found = faults.since(mark) else { return Set(known) }
        if found.isEmpty { return [] }
        let inside = found.compactMap { $0.pointer.firstToken(below: pointer) }
        let isAnyUnknown = object.members.contains { !known.contains($0.name) }
        return Set(inside).union(isAnyUnknown ? known.filter { object[$0] == nil } : [])
    }
}
