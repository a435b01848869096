import Dynamics
import JSON

extension FieldGrid.Axis {
    /// The member `[from, to, number of points]`; nil, with the faults recorded, where it is none.
    init?(_ members: ObjectReader, _ name: String, in range: NumberRange = .finite) {
        let pointer = members.pointer(to: name)
        let before = members.faults.count
        guard let elements = members.requiredArray(name, count: 3...3) else { return nil }
        func element<Value>(_ index: Int, _ read: (JSONValue, JSONPointer) -> Value?) -> Value? {
            index < elements.count ? read(elements[index].value, elements[index].pointer) : nil
        }
        let from = element(0) { members.faults.number($0, at: $1, in: range) }
        let to = element(1) { members.faults.number($0, at: $1, in: range) }
        let count = element(2) { members.faults.integer($0, at: $1, in: 2...2000) }
        if let from, let to, from >= to {
            members.faults.add(pointer, "An axis is [from, to, number of points] with from below to.")
        }
        guard members.faults.count == before, let from, let to, let count else { return nil }
        self.init(from: from, to: to, count: count)
    }

    var json: JSONValue { .array([.double(from), .double(to), .integer(count)]) }

    var values: [Double] { (0..<count).map { self[$0] } }
}
