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

    /// A set of choices in the order given; one that is named twice is a fault.
    public func choices<E: RawRepresentable<String> & CaseIterable>(
        _ name: String, of type: E.Type, count: some RangeExpression<Int> = 0...
    ) -> [E]? {
        read(name) { value, pointer in
            guard let choices = faults.list(value, at: pointer, count: count, { faults.choice($0, at: $1, of: type) }) else { return nil }
            let before = faults.count
            var seen: Set<String> = []
            for (index, choice) in choices.enumerated() where !seen.insert(choice.rawValue).inserted {
                faults.add(pointer.appending(index), "\(quoted(choice.rawValue)) is named twice; name it once.")
            }
            return faults.count == before ? choices : nil
        }
    }
}
