/// Readings of one value that record a fault, and give nil, where it is not what it must be.
extension Faults {
    public func integer(_ value: JSONValue, at pointer: JSONPointer, in range: some RangeExpression<Int> = Int.min...Int.max) -> Int? {
        guard case .number(let number) = value else { return wrongKind(value, at: pointer, expected: "an integer") }
        guard let integer = number.integer ?? (number.value == 0 ? 0 : nil) else {
            // Of integers this large only those written out are known to their last digit.
            let isLarge = number.value.rounded() == number.value
            let bounds = isLarge ? " from \(-Int.max) to \(Int.max), written with all its digits and no exponent" : ""
            add(pointer, "This must be an integer\(bounds), not \(text(number.value)).")
            return nil
        }
        guard range.contains(integer) else {
            add(pointer, "This must be \(describe(range)), not \(integer).")
            return nil
        }
        return integer
    }

    public func number(_ value: JSONValue, at pointer: JSONPointer, in range: NumberRange = .finite) -> Double? {
        guard case .number(let number) = value else { return wrongKind(value, at: pointer, expected: "a number") }
        guard range.contains(number.value) else {
            add(pointer, "This must be \(range), not \(text(number.value)).")
            return nil
        }
        return number.value
    }

    public func bool(_ value: JSONValue, at pointer: JSONPointer) -> Bool? {
        guard case .bool(let bool) = value else { return wrongKind(value, at: pointer, expected: "true or false") }
        return bool
    }

    public func string(_ value: JSONValue, at pointer: JSONPointer, length: ClosedRange<Int> = 0...1024) -> String? {
        guard case .string(let string) = value else { return wrongKind(value, at: pointer, expected: "a string") }
        let found = string.unicodeScalars.count
        guard length.contains(found) else {
            add(pointer, "This must be \(describe(length)) characters long, not \(found).")
            return nil
        }
        return string
    }

    public func choice<E: RawRepresentable<String> & CaseIterable>(_ value: JSONValue, at pointer: JSONPointer, of type: E.Type) -> E? {
        func names() -> String { E.allCases.map { quoted($0.rawValue) }.joined(separator: ", ") }
        func hint(_ string: String) -> String {
            nearestName(to: string, among: E.allCases.lazy.map(\.rawValue)).map { " Did you mean \(quoted($0))?" } ?? ""
        }
        guard case .string(let string) = value else { return wrongKind(value, at: pointer, expected: "one of \(names())") }
        if let choice = E(rawValue: string) { return choice }
        add(pointer, "This must be one of \(names()), not \(quoted(string)).\(hint(string))")
        return nil
    }

    /// An array of a wrong length is a fault; its elements, of a very long one the first, are given all the same for the faults in
    /// them, unless there are none.
    public func array(_ value: JSONValue, at pointer: JSONPointer, count: some RangeExpression<Int> = 0...) -> [JSONElement]? {
        guard let (elements, fits) = counted(value, at: pointer, count: count), fits || !elements.isEmpty else { return nil }
        return elements.enumerated().map { JSONElement(value: $1, pointer: pointer.appending($0)) }
    }

    /// An array, each of whose elements `convert` reads; nil where any of them or their number is faulty, after all have been looked at.
    public func list<T>(
        _ value: JSONValue, at pointer: JSONPointer, count: some RangeExpression<Int> = 0..., _ convert: (JSONValue, JSONPointer) -> T?
    ) -> [T]? {
        guard let (elements, fits) = counted(value, at: pointer, count: count) else { return nil }
        let converted = elements.enumerated().compactMap { convert($1, pointer.appending($0)) }
        return fits && converted.count == elements.count ? converted : nil
    }

    /// Such an array in which what is there twice is a fault too, told beside those of other elements.
    ///
    /// - Parameter name: What an element is called in a sentence.
    public func distinct<T: Hashable>(
        _ value: JSONValue, at pointer: JSONPointer, count: some RangeExpression<Int> = 0..., name: (T) -> String,
        _ convert: (JSONValue, JSONPointer) -> T?
    ) -> [T]? {
        var seen: Set<T> = []
        return list(value, at: pointer, count: count) { element, place in
            guard let read = convert(element, place) else { return nil }
            if seen.insert(read).inserted { return read }
            add(place, "\(name(read)) is named twice; name it once.")
            return nil
        }
    }

    /// Elements looked at where there are more than there may be: a client chooses how many.
    private static let mostLookedAt = 1000

    private func counted(_ value: JSONValue, at pointer: JSONPointer, count: some RangeExpression<Int>) -> (elements: ArraySlice<JSONValue>, fits: Bool)? {
        guard let elements = value.elements else { return wrongKind(value, at: pointer, expected: "an array") }
        if count.contains(elements.count) { return (elements[...], true) }
        add(pointer, "The number of elements must be \(describe(count)), not \(elements.count).")
        return (elements.prefix(Self.mostLookedAt), false)
    }

    private func wrongKind<T>(_ value: JSONValue, at pointer: JSONPointer, expected: @autoclosure () -> String) -> T? {
        let mend = value == .null ? "; leave the member out where it has no value" : ""
        add(pointer, "This must be \(expected()), not \(value.kind)\(mend).")
        return nil
    }
}
