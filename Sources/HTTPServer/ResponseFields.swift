import HTTPTypes

/// The header fields of an answer, in order, as the handler gave them.
///
/// Not `HTTPFields`, which turns CR, LF and NUL in a value into spaces while it is made, so that nobody learns of a handler
/// that passes on a client's bytes. Here they stay, and the server answers 500 in place of such an answer.
public struct ResponseFields: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    struct Field: Sendable, Equatable {
        let name: HTTPField.Name
        let value: String
    }

    private(set) var fields: [Field] = []

    public init() {}

    /// The fields in the order of the literal; a name may stand more than once.
    public init(dictionaryLiteral elements: (HTTPField.Name, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// The first value of a field. Setting it replaces all values of that name; nil removes them. O(number of fields).
    public subscript(name: HTTPField.Name) -> String? {
        get { fields.first { $0.name == name }?.value }
        set {
            let place = fields.firstIndex { $0.name == name } ?? fields.endIndex
            fields.removeAll { $0.name == name }
            if let newValue { fields.insert(Field(name: name, value: newValue), at: place) }
        }
    }
}
