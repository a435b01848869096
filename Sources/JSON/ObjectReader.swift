/// Reads the members of one object, records every fault with its pointer, and at the end every member nobody asked for.
///
///     guard let reader = ObjectReader(body, at: .root, faults: faults) else { return nil }
///     let rows = reader.requiredInteger("rows", in: 1...1_000_000)
///     let noise = reader.number("noise", in: .nonNegative, default: 0)
///     let kind = reader.requiredChoice("type", of: Generator.self)
///     reader.finish()
///     guard faults.isEmpty, let rows, let kind else { return nil }
///
/// Three forms of each: `integer(name)` gives nil where the member is absent or faulty; `integer(name, default:)` gives the
/// default in both cases; `requiredInteger(name)` records its absence too. So what is read may be used only when
/// `faults` is empty at the end.
public final class ObjectReader {
    public let object: JSONObject
    public let pointer: JSONPointer
    public let faults: Faults
    /// The names asked for.
    private(set) var known: [String] = []

    public init(_ object: JSONObject, at pointer: JSONPointer, faults: Faults) {
        self.object = object
        self.pointer = pointer
        self.faults = faults
    }

    /// Nil, with a fault, where the value is no object.
    public convenience init?(_ value: JSONValue, at pointer: JSONPointer, faults: Faults) {
        guard case .object(let object) = value else {
            faults.add(pointer, "This must be an object, not \(value.kind).")
            return nil
        }
        self.init(object, at: pointer, faults: faults)
    }

    public func pointer(to name: String) -> JSONPointer { pointer.appending(name) }

    public func fault(at name: String, _ detail: @autoclosure () -> String) { faults.add(pointer(to: name), detail()) }

    /// Whether the member is there; it counts as known from now on.
    public func has(_ name: String) -> Bool { value(name) != nil }

    /// Whether the member is there and not null.
    public func hasValue(_ name: String) -> Bool { value(name) ?? .null != .null }

    /// The member as it is, null included.
    public func value(_ name: String) -> JSONValue? {
        if !known.contains(name) { known.append(name) }
        return object[name]
    }

    public func requiredValue(_ name: String) -> JSONValue? {
        if let value = value(name) { return value }
        faults.add(pointer, "The member \(quoted(name)) is missing; it is required.")
        return nil
    }

    /// Records a fault for each member that was not asked for. Call once, after all members have been read.
    public func finish() {
        let names = Set(known)
        let unknown = object.members.lazy.map(\.name).filter { !names.contains($0) }
        for name in unknown {
            // A client chooses how long a name is; its pointer must not make the answer as long.
            let place = name.utf8.count <= 256 ? pointer(to: name) : pointer
            faults.add(place, "The member \(quoted(name)) is unknown; \(mend(for: name))")
        }
    }

    private func mend(for name: String) -> String {
        if let nearest = nearestName(to: name, among: known) { return "did you mean \(quoted(nearest))?" }
        return known.isEmpty ? "no members are known here." : "known are \(known.map(quoted).joined(separator: ", "))."
    }

    /// Forms of a reading: absent is nil, the default, or a fault.
    func read<T>(_ name: String, _ convert: (JSONValue, JSONPointer) -> T?) -> T? {
        value(name).flatMap { convert($0, pointer(to: name)) }
    }

    func readRequired<T>(_ name: String, _ convert: (JSONValue, JSONPointer) -> T?) -> T? {
        requiredValue(name).flatMap { convert($0, pointer(to: name)) }
    }
}

// MARK: Single values

extension ObjectReader {
    public func integer(_ name: String, in range: some RangeExpression<Int> = Int.min...Int.max) -> Int? {
        read(name) { faults.integer($0, at: $1, in: range) }
    }

    public func integer(_ name: String, in range: some RangeExpression<Int> = Int.min...Int.max, default value: Int) -> Int {
        integer(name, in: range) ?? value
    }

    public func requiredInteger(_ name: String, in range: some RangeExpression<Int> = Int.min...Int.max) -> Int? {
        readRequired(name) { faults.integer($0, at: $1, in: range) }
    }

    public func number(_ name: String, in range: NumberRange = .finite) -> Double? {
        read(name) { faults.number($0, at: $1, in: range) }
    }

    public func number(_ name: String, in range: NumberRange = .finite, default value: Double) -> Double {
        number(name, in: range) ?? value
    }

    public func requiredNumber(_ name: String, in range: NumberRange = .finite) -> Double? {
        readRequired(name) { faults.number($0, at: $1, in: range) }
    }

    public func bool(_ name: String) -> Bool? { read(name, faults.bool) }

    public func bool(_ name: String, default value: Bool) -> Bool { bool(name) ?? value }

    public func requiredBool(_ name: String) -> Bool? { readRequired(name, faults.bool) }

    /// - Parameter length: in Unicode scalars.
    public func string(_ name: String, length: ClosedRange<Int> = 0...1024) -> String? {
        read(name) { faults.string($0, at: $1, length: length) }
    }

    public func string(_ name: String, length: ClosedRange<Int> = 0...1024, default value: String) -> String {
        string(name, length: length) ?? value
    }

    public func requiredString(_ name: String, length: ClosedRange<Int> = 0...1024) -> String? {
        readRequired(name) { faults.string($0, at: $1, length: length) }
    }

    /// One of the raw values of an enumeration.
    public func choice<E: RawRepresentable<String> & CaseIterable>(_ name: String, of type: E.Type) -> E? {
        read(name) { faults.choice($0, at: $1, of: type) }
    }

    public func choice<E: RawRepresentable<String> & CaseIterable>(_ name: String, of type: E.Type = E.self, default value: E) -> E {
        choice(name, of: type) ?? value
    }

    public func requiredChoice<E: RawRepresentable<String> & CaseIterable>(_ name: String, of type: E.Type) -> E? {
        readRequired(name) { faults.choice($0, at: $1, of: type) }
    }

    public func object(_ name: String) -> ObjectReader? {
        read(name) { ObjectReader($0, at: $1, faults: faults) }
    }

    public func requiredObject(_ name: String) -> ObjectReader? {
        readRequired(name) { ObjectReader($0, at: $1, faults: faults) }
    }
}
