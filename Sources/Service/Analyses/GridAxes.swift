import Dynamics
import JSON

extension FieldGrid.Axis {
    /// The member `[from, to, number of points]`; nil, with the faults recorded, where it is none.
    init?(_ members: ObjectReader, _ name: String, in range: NumberRange = .finite) {
        let pointer = members.pointer(to: name)
        guard let elements = members.requiredArray(name, count: 3...3) else { return nil }
        let from = members.faults.number(elements[0].value, at: elements[0].pointer, in: range)
        let to = members.faults.number(elements[1].value, at: elements[1].pointer, in: range)
        let count = members.faults.integer(elements[2].value, at: elements[2].pointer, in: 2...2000)
        guard let from, let to, let count else { return nil }
        guard from < to else {
            members.faults.add(pointer, "An axis is [from, to, number of points] with from below to.")
            return nil
        }
        self.init(from: from, to: to, count: count)
    }

    var json: JSONValue { .array([.double(from), .double(to), .integer(count)]) }

    var values: [Double] { (0..<count).map { self[$0] } }
}
