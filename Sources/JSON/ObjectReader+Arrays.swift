/// An element of an array, and where it stands.
public struct JSONElement: Sendable {
    public let value: JSONValue
    public let pointer: JSONPointer
}

// MARK: Arrays

extension ObjectReader {
    /// The elements of an array with so many of them.
    public func array(_ name: String, count: some RangeExpression<Int> = 0...) -> [JSONElement]? {
        read(name) { faults.array($0, at: $1, count: count) }
    }

    public func requiredArray(_ name: String, count: some RangeExpression<Int> = 0...) -> [JSONElement]? {
        readRequired(name) { faults.array($0, at: $1, count: count) }
    }

    public func integers(
        _ name: String, in range: some RangeExpression<Int> = Int.min...Int.max, count: some RangeExpression<Int> = 0...
    ) -> [Int]? {
        read(name) { faults.list($0, at: $1, count: count) { faults.integer($0, at: $1, in: range) } }
    }

    public func requiredIntegers(
        _ name: String, in range: some RangeExpression<Int> = Int.min...Int.max, count: some RangeExpression<Int> = 0...
    ) -> [Int]? {
        readRequired(name) { faults.list($0, at: $1, count: count) { faults.integer($0, at: $1, in: range) } }
    }

    public func numbers(_ name: String, in range: NumberRange = .finite, count: some RangeExpression<Int> = 0...) -> [Double]? {
        read(name) { faults.list($0, at: $1, count: count) { faults.number($0, at: $1, in: range) } }
    }

    public func requiredNumbers(_ name: String, in range: NumberRange = .finite, count: some RangeExpression<Int> = 0...) -> [Double]? {
        readRequired(name) { faults.list($0, at: $1, count: count) { faults.number($0, at: $1, in: range) } }
    }

    public func strings(_ name: String, count: some RangeExpression<Int> = 0...) -> [String]? {
        read(name) { faults.list($0, at: $1, count: count) { faults.string($0, at: $1, length: 0...1024) } }
    }

    /// Integers in the order given; one that is there twice is a fault.
    public func distinctIntegers(
        _ name: String, in range: some RangeExpression<Int> = Int.min...Int.max, count: some RangeExpression<Int> = 0...
    ) -> [Int]? {
        read(name) { faults.distinct($0, at: $1, count: count, name: { "\($0)" }) { faults.integer($0, at: $1, in: range) } }
    }

    /// Numbers in the order given; one that is there twice is a fault.
    public func distinctNumbers(_ name: String, in range: NumberRange = .finite, count: some RangeExpression<Int> = 0...) -> [Double]? {
        read(name) { faults.distinct($0, at: $1, count: count, name: text) { faults.number($0, at: $1, in: range) } }
    }

    /// A set of choices in the order given; one that is named twice is a fault.
    public func choices<E: RawRepresentable<String> & CaseIterable & Hashable>(
        _ name: String, of type: E.Type, count: some RangeExpression<Int> = 0...
    ) -> [E]? {
        read(name) { faults.distinct($0, at: $1, count: count, name: { quoted($0.rawValue) }) { faults.choice($0, at: $1, of: type) } }
    }

    /// Where a choice first stands among those of a member, whatever is wrong with others.
    public func place(of choice: some RawRepresentable<String>, in name: String) -> JSONPointer? {
        value(name)?.elements?.firstIndex(of: .string(choice.rawValue)).map { pointer(to: name).appending($0) }
    }
}
