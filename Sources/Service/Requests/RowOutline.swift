import JSON

/// What is known of the rows of a member, also where not all of it can be read: for the checks that go on without them.
struct RowOutline: Equatable {
    var rows: Int?
    /// Of one row.
    var shape: [Int]?
    /// Of a classification: one more than the largest class among the targets that can be read.
    var classCount: Int?
    /// The largest magnitude among the inputs of a dataset whose rows are taken as they are, and all of them.
    var largest: Double?

    var rowLength: Int? { shape.map { $0.reduce(1, *) } }
}

extension RowOutline {
    /// Of inputs in the document itself.
    ///
    /// - Parameter inputShape: The request's: the shape of rows that fold into it; rows that do not have none.
    init(inputs value: JSONValue, inputShape: [Int]?) {
        rows = value.rowCount
        shape = value.rowShape.flatMap { own in
            guard let inputShape else { return own }
            return Forecast.product(of: inputShape) == own.reduce(1, *) ? inputShape : nil
        }
    }
}

extension RequestReader {
    /// Inputs and targets are to be finite in the precision of the job too. Of a dataset's targets, some of a dataset's rows, or rows that are scaled, only the job can tell.
    func checkRange(of values: DataReference?, _ name: String, in precision: KernelRequest.Precision) {
        guard precision == .float32, let values else { return }
        let mend = "beyond what float32 holds; scale them, or set precision to \"float64\"."
        if case .inline(let tensor) = values.source, let place = tensor.values.firstIndex(where: { !Float($0).isFinite }) {
            faults.add(members.pointer(to: name).appending(place / values.rowLength), "Here is \(tensor.values[place]), \(mend)")
        }
        if let largest = outline(name).largest, !Float(largest).isFinite {
            faults.add(members.pointer(to: name).appending("dataset"), "Among its inputs is one of magnitude \(largest), \(mend)")
        }
    }

    /// Inputs of one network have rows of one shape. Told of two members wherever both shapes are known.
    func checkShape(of name: String, beside first: String) {
        guard let shape = outline(name).shape, let expected = outline(first).shape, shape != expected else { return }
        // An input_shape that cannot be read may be one that rows of one length all fold into.
        if members.has("input_shape"), shape.reduce(1, *) == expected.reduce(1, *) { return }
        members.fault(at: name, "Its rows have shape \(shape), those of \(first) \(expected); both must be inputs of the same network.")
    }
}
