/// Writes JSON text (RFC 8259) into a growing buffer, value by value; commas and colons come by themselves.
///
///     var writer = JSONWriter()
///     try writer.object { writer throws(NonFiniteNumber) in
///         writer.member("id", id)
///         try writer.member("loss", loss)
///     }
///     send(writer.bytes)
///
/// Numbers are the shortest text that reads back the same. A caller that streams takes the text away piece by piece with
/// ``takeBytes()`` and goes on writing.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    /// Whether a comma belongs before the next value or name.
    private var needsComma = false

    public init() {}

    /// What has been written since the last call; the document goes on where it was.
    public mutating func takeBytes() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    // MARK: Structure

    public mutating func object<E: Error>(_ members: (inout JSONWriter) throws(E) -> Void) throws(E) {
        beginObject()
        try members(&self)
        endObject()
    }

    public mutating func array<E: Error>(_ elements: (inout JSONWriter) throws(E) -> Void) throws(E) {
        beginArray()
        try elements(&self)
        endArray()
    }

    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// The name of the member whose value comes next.
    public mutating func name(_ name: String) {
        value(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    // MARK: Values

    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    public mutating func value(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    public mutating func value(_ value: Int) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }

    public mutating func value(_ value: String) {
        separate()
        appendQuoted(value)
    }

    public mutating func value(_ value: Double) throws(NonFiniteNumber) { try matrix([value], shape: []) }

    /// The shortest text among singles: `0.1`, not the double 0.10000000149011612.
    public mutating func value(_ value: Float) throws(NonFiniteNumber) { try matrix([value], shape: []) }

    public mutating func value(_ value: JSONValue) throws(NonFiniteNumber) {
        switch value {
        case .null: null()
        case .bool(let value): self.value(value)
        case .number(let number):
            if let integer = number.integer { self.value(integer) } else { try self.value(number.value) }
        case .string(let text): self.value(text)
        case .array(let elements): try array { writer throws(NonFiniteNumber) in for element in elements { try writer.value(element) } }
        case .tensor(let tensor) where !tensor.largeIntegers.isEmpty: try self.value(.array(tensor.elements))
        case .tensor(let tensor): try matrix(tensor.values, shape: tensor.shape)
        case .object(let object):
            try self.object { writer throws(NonFiniteNumber) in
                for member in object.members { try writer.member(member.name, member.value) }
            }
        }
    }

    // MARK: Members

    public mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        self.value(value)
    }

    public mutating func member(_ name: String, _ value: Int) {
        self.name(name)
        self.value(value)
    }

    public mutating func member(_ name: String, _ value: String) {
        self.name(name)
        self.value(value)
    }

    public mutating func member(_ name: String, _ value: Double) throws(NonFiniteNumber) {
        self.name(name)
        try self.value(value)
    }

    public mutating func member(_ name: String, _ value: JSONValue) throws(NonFiniteNumber) {
        self.name(name)
        try self.value(value)
    }

    // MARK: Arrays of numbers

    /// Numbers in row-major order as nested arrays: shape [2, 3] gives `[[1,2,3],[4,5,6]]`. Shape [] gives one number.
    /// The shape's product must be the number of values. Long arrays that come in pieces are ``JSONArrayText``'s.
    public mutating func matrix(_ values: UnsafeBufferPointer<Double>, shape: [Int]) throws(NonFiniteNumber) {
        var text = arrayText(shape, count: values.count)
        try text.append(values, to: &bytes)
    }

    public mutating func matrix(_ values: UnsafeBufferPointer<Float>, shape: [Int]) throws(NonFiniteNumber) {
        var text = arrayText(shape, count: values.count)
        try text.append(values, to: &bytes)
    }

    public mutating func matrix(_ values: [Double], shape: [Int]) throws(NonFiniteNumber) {
        var text = arrayText(shape, count: values.count)
        try text.append(values, to: &bytes)
    }

    public mutating func matrix(_ values: [Float], shape: [Int]) throws(NonFiniteNumber) {
        var text = arrayText(shape, count: values.count)
        try text.append(values, to: &bytes)
    }

    /// A nested array as the next value, its numbers to come piece by piece:
    ///
    ///     var text = writer.beginMatrix(shape: [rows, columns])
    ///     while let block = file.next() {
    ///         try writer.append(block, to: &text)
    ///         send(writer.takeBytes())
    ///     }
    ///
    /// Nothing else may be written until ``JSONArrayText/isComplete``. An array without elements wants one empty piece.
    public mutating func beginMatrix(shape: [Int]) -> JSONArrayText {
        separate()
        return JSONArrayText(shape: shape)
    }

    public mutating func append(_ values: UnsafeBufferPointer<Double>, to text: inout JSONArrayText) throws(NonFiniteNumber) {
        try text.append(values, to: &bytes)
    }

    public mutating func append(_ values: UnsafeBufferPointer<Float>, to text: inout JSONArrayText) throws(NonFiniteNumber) {
        try text.append(values, to: &bytes)
    }

    private mutating func arrayText(_ shape: [Int], count: Int) -> JSONArrayText {
        precondition(shape.reduce(1, *) == count, "an array holds as many values as its shape says")
        separate()
        return JSONArrayText(shape: shape)
    }

    // MARK: Strings

    private mutating func appendQuoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(contentsOf: (byte < 0x10 ? "0" : "").utf8)
                bytes.append(contentsOf: String(byte, radix: 16).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

/// A NaN or an infinity where a number was to be written: JSON has no text for it, and an answer never holds one.
public struct NonFiniteNumber: Error, Sendable, Equatable, CustomStringConvertible {
    /// Which element of an array, in row-major order; 0 for a single number.
    public let index: Int
    public let isNaN: Bool

    public var description: String { "value \(index) is \(isNaN ? "not a number" : "infinite"); JSON holds finite numbers only" }
}

extension JSONValue {
    /// The value's text, without spaces. Throws where a number is not finite, which no parsed value is.
    public func serialized() throws(NonFiniteNumber) -> [UInt8] {
        var writer = JSONWriter()
        try writer.value(self)
        return writer.bytes
    }
}
