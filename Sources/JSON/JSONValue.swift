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

    /// What a person calls this kind of value, with its article: "an object".
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array, .tensor: "an array"
        case .object: "an object"
        }
    }

    /// The elements of an array, packed or not; nil for any other kind. Complexity: O(size of the array).
    public var elements: [JSONValue]? {
        switch self {
        case .array(let elements): elements
        case .tensor(let tensor): tensor.elements
        default: nil
        }
    }
}

/// A finite number, with its exact integer value where it has one: up to 64 bits where the text is an integer (`3`),
/// up to 53 bits where it is written otherwise (`3.0`, `3e0`), because a double holds no more.
public struct JSONNumber: Sendable, Equatable {
    public let value: Double
    public let integer: Int?

    /// Integers beyond this share their double with a neighbour.
    public static let exactIntegers = 1 - (1 << 53)...(1 << 53) - 1

    public init(_ value: Double) {
        self.value = value
        // Minus zero keeps its sign: it is written as a double.
        let isNegativeZero = value == 0 && value.sign == .minus
        self.integer = isNegativeZero ? nil : Int(exactly: value).flatMap { Self.exactIntegers.contains($0) ? $0 : nil }
    }

    public init(_ integer: Int) {
        self.value = Double(integer)
        self.integer = integer
    }
}

/// Numbers nested in a rectangle: `[[1, 2, 3], [4, 5, 6]]` has shape [2, 3].
public struct JSONTensor: Sendable, Equatable {
    public let shape: [Int]
    public let values: [Double]
    /// Of a list: the integers beyond ``JSONNumber/exactIntegers`` by their place, as `values` has them rounded. Seeds are such; rows
    /// of data are doubles.
    public let largeIntegers: [Int: Int]

    public init(shape: [Int], values: [Double], largeIntegers: [Int: Int] = [:]) {
        precondition(shape.reduce(1, *) == values.count, "a tensor holds as many values as its shape says")
        self.shape = shape
        self.values = values
        self.largeIntegers = largeIntegers
    }

    /// The slices along the first axis: numbers for a vector, packed rows for a matrix.
    public var elements: [JSONValue] {
        guard shape.count > 1 else {
            return values.enumerated().map { .number(largeIntegers[$0].map { JSONNumber($0) } ?? JSONNumber($1)) }
        }
        let inner = Array(shape.dropFirst())
        let size = inner.reduce(1, *)
        return stride(from: 0, to: values.count, by: size).map {
            .tensor(JSONTensor(shape: inner, values: Array(values[$0..<$0 + size])))
        }
    }
}
