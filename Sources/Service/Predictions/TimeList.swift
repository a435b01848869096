import JSON

extension ObjectReader {
    /// Times in steps of the learning rate: numbers from 0 on, or "infinity", in any order.
    func times(_ name: String, default value: [Double], allowingInfinity: Bool = true) -> [Double] {
        guard let elements = array(name, count: 1...100_000) else { return value }
        return elements.compactMap { element in
            switch element.value {
            case .string("infinity") where allowingInfinity: return .infinity
            case .number(let number) where number.value >= 0: return number.value
            default:
                let end = allowingInfinity ? ", or \"infinity\" for the end of training" : ""
                faults.add(element.pointer, "A time is a number of steps from 0 on\(end).")
                return nil
            }
        }
    }
}

extension JSONValue {
    static func times(_ times: [Double]) -> JSONValue {
        .array(times.map { $0 == .infinity ? .string("infinity") : .double($0) })
    }

    /// Null where the number is not there or not finite.
    static func finite(_ value: Double?) -> JSONValue { value.flatMap { $0.isFinite ? .double($0) : nil } ?? .null }
}
