/// Documents written in Swift read like the JSON they become:
///
///     let job: JSONValue = ["id": .string(id), "state": "queued", "attempt": 0, "error": nil]
extension JSONValue: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements.lazy.map { (name: $0.0, value: $0.1) }))
    }

    /// An object with these members; those that are nil are left out.
    public static func object(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        .object(JSONObject(members.compactMap { member in member.value.map { (name: member.key, value: $0) } }))
    }
}

extension JSONValue: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

extension JSONValue: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
}

extension JSONValue: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
}

extension JSONValue: ExpressibleByFloatLiteral {
    public init(floatLiteral value: Double) { self = .number(JSONNumber(value)) }
}

extension JSONValue: ExpressibleByBooleanLiteral {
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue: ExpressibleByNilLiteral {
    public init(nilLiteral: ()) { self = .null }
}

extension JSONValue {
    public static func integer(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }

    /// A value that is not finite has no text in JSON: the writer throws when it meets it.
    public static func double(_ value: Double) -> JSONValue { .number(JSONNumber(value)) }

    /// The array as a parser would read it: packed unless it is empty.
    public static func numbers(_ values: [Double]) -> JSONValue {
        values.isEmpty ? .array([]) : .tensor(JSONTensor(shape: [values.count], values: values))
    }

    /// The array as a parser would read it.
    public static func integers(_ values: [Int]) -> JSONValue {
        guard !values.isEmpty else { return .array([]) }
        let large = values.enumerated().filter { !JSONNumber.exactIntegers.contains($0.element) }.map { ($0.offset, $0.element) }
        return .tensor(JSONTensor(shape: [values.count], values: values.map(Double.init), largeIntegers: Dictionary(uniqueKeysWithValues: large)))
    }

    public static func strings(_ values: [String]) -> JSONValue { .array(values.map(JSONValue.string)) }

    /// A member of an object; nil where there is none or this is no object.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let object) = self else { return nil }
        return object[name]
    }
}
