/// The members of an object, in document order, with unique names.
///
/// Names are equal when Swift's strings are: two spellings of one text (é as one scalar or as two) are one name.
public struct JSONObject: Sendable, Equatable {
    public private(set) var members: [(name: String, value: JSONValue)] = []
    /// Where each name stands; kept only beyond ``searchedDirectly`` members, as most objects are small.
    private var indices: [String: Int] = [:]
    private static let searchedDirectly = 12

    public init() {}

    /// Of members with the same name the last one holds.
    public init(_ members: some Sequence<(name: String, value: JSONValue)>) {
        for member in members { self[member.name] = member.value }
    }

    public subscript(name: String) -> JSONValue? {
        get { index(of: name).map { members[$0].value } }
        set {
            guard let newValue else {
                guard let index = index(of: name) else { return }
                members.remove(at: index)
                reindex()
                return
            }
            if let index = index(of: name) { members[index].value = newValue } else { add(name, newValue) }
        }
    }

    /// Adds a member at the end, or changes nothing and returns false where the name is taken. Amortized O(1).
    public mutating func append(_ name: String, _ value: JSONValue) -> Bool {
        guard index(of: name) == nil else { return false }
        add(name, value)
        return true
    }

    private func index(of name: String) -> Int? {
        members.count > Self.searchedDirectly ? indices[name] : members.firstIndex { $0.name == name }
    }

    private mutating func add(_ name: String, _ value: JSONValue) {
        members.append((name, value))
        if members.count == Self.searchedDirectly + 1 {
            reindex()
        } else if members.count > Self.searchedDirectly {
            indices[name] = members.count - 1
        }
    }

    private mutating func reindex() {
        indices.removeAll()
        guard members.count > Self.searchedDirectly else { return }
        for (index, member) in members.enumerated() { indices[member.name] = index }
    }

    /// Equal members in any order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.count == right.members.count && left.members.allSatisfy { right[$0.name] == $0.value }
    }
}
