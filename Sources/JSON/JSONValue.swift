/// A JSON document as read: objects keep the order of their members, and arrays of numbers are packed.
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    /// An array that is not a ``tensor``: empty, mixed, or ragged.
    case array([JSONValue])
    /// A non-empty array of numbers, or of equally shaped arrays of numbers, packed in row-major order.
    case tensor(JSONTensor)
    case object(JSONObject)
}

/// A number, with its exact integer value where its text is an integer of 64 bits (`3`, not `3.0` or `3e0`).
public struct JSONNumber: Sendable, Equatable {
    public let value: Double
    public let integer: Int?

    public init(_ value: Double, integer: Int? = nil) {
        self.value = value
        self.integer = integer
    }
}

/// Numbers nested in a rectangle: `[[1, 2, 3], [4, 5, 6]]` has shape [2, 3].
public struct JSONTensor: Sendable, Equatable {
    public let shape: [Int]
    public let values: [Double]

    public init(shape: [Int], values: [Double]) {
        precondition(shape.reduce(1, *) == values.count, "a tensor holds as many values as its shape says")
        self.shape = shape
        self.values = values
    }
}

/// The members of an object, in document order, with unique names.
public struct JSONObject: Sendable, Equatable {
    public private(set) var members: [(name: String, value: JSONValue)] = []
    private var indices: [String: Int] = [:]

    public init() {}

    public init(_ members: [(name: String, value: JSONValue)]) {
        for member in members { self[member.name] = member.value }
    }

    public subscript(name: String) -> JSONValue? {
        get { indices[name].map { members[$0].value } }
        set {
            guard let newValue else {
                guard let index = indices.removeValue(forKey: name) else { return }
                members.remove(at: index)
                for (name, old) in indices where old > index { indices[name] = old - 1 }
                return
            }
            if let index = indices[name] {
                members[index].value = newValue
            } else {
                indices[name] = members.count
                members.append((name, newValue))
            }
        }
    }

    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.count == right.members.count && left.members.allSatisfy { right[$0.name] == $0.value }
    }
}
