import JSON

/// What is wrong with arrays that are no rectangle of numbers. Everything that is: what is no number, and lengths that differ,
/// in which a row takes part whatever stands in it.
extension DataReader {
    func ragged(_ rows: [JSONValue], at pointer: JSONPointer, inputShape: [Int]?) {
        guard !rows.isEmpty else { return faults.add(pointer, "There are no rows; send at least one.") }
        if let shape = commonShape(of: rows, at: pointer, inputShape: inputShape) { _ = fits(shape, inputShape, at: pointer) }
    }

    /// Targets may be plain numbers or rows.
    func raggedTargets(_ elements: [JSONValue], at pointer: JSONPointer) {
        guard !elements.isEmpty else { return ragged(elements, at: pointer, inputShape: nil) }
        _ = shape(of: elements, at: pointer)
    }

    /// The shape of each of the rows; nil where it is not the same or not known.
    ///
    /// - Parameter inputShape: What rows that differ are held against, rather than against the first of them.
    private func commonShape(of rows: [JSONValue], at pointer: JSONPointer, inputShape: [Int]? = nil) -> [Int]? {
        let shapes = rows.enumerated().map { shape(ofRow: $1, at: pointer, $0) }
        if let common = shapes[0], shapes.allSatisfy({ $0 == common }) { return common }
        let length = inputShape.map { Forecast.product(of: $0) }
        var first: (index: Int, shape: [Int])?
        for (index, shape) in shapes.enumerated() {
            guard let shape else { continue }
            if let inputShape, let length, shape.reduce(1, *) != length {
                faults.add(
                    pointer.appending(index),
                    "Row \(index) has \(size(shape)) numbers, but input_shape \(inputShape) holds \(length); change one of them.")
                continue
            }
            guard let first else {
                first = (index, shape)
                continue
            }
            guard shape != first.shape else { continue }
            faults.add(
                pointer.appending(index),
                "Row \(index) has \(size(shape)) numbers but row \(first.index) has \(size(first.shape)); all rows need the same length.")
        }
        return nil
    }

    private func shape(ofRow row: JSONValue, at pointer: JSONPointer, _ index: Int) -> [Int]? {
        switch row {
        case .tensor(let tensor): return tensor.shape
        case .array(let elements) where elements.isEmpty: faults.add(pointer.appending(index), "This row is empty; give every row at least one number.")
        case .array(let elements): return shape(of: elements, at: pointer.appending(index))
        default: faults.add(pointer.appending(index), "This must be a row of numbers, not \(row.kind).")
        }
        return nil
    }

    /// The shape of numbers or of rows; nil where it is not known which of them these are, or of what shape.
    func shape(of elements: [JSONValue], at pointer: JSONPointer) -> [Int]? {
        let rows = elements.count { $0.isRow }
        let numbers = elements.count { if case .number = $0 { true } else { false } }
        if rows > 0, numbers == 0 { return commonShape(of: elements, at: pointer).map { [elements.count] + $0 } }
        if rows > 0 { faults.add(pointer, "Here are numbers beside rows; send either.") }
        // In rows and beside them alike, only numbers can be meant.
        for (index, element) in elements.enumerated() {
            switch element {
            case .number, .tensor: continue
            case .array(let inner): _ = self.shape(of: inner, at: pointer.appending(index))
            default: faults.add(pointer.appending(index), "This must be a number, not \(element.kind).")
            }
        }
        return rows == 0 ? [elements.count] : nil
    }

    private func size(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: " x ") }
}

extension JSONValue {
    /// Whether this can only be meant as a row: an array, of whatever.
    fileprivate var isRow: Bool {
        switch self {
        case .tensor, .array: true
        default: false
        }
    }

    /// The shape of each of its rows, whatever stands in them; nil where it is no list of rows, or they differ.
    var rowShape: [Int]? {
        guard let shape, shape.count > 1 else { return nil }
        return Array(shape.dropFirst())
    }

    /// The shape of each of its targets, numbers or rows, whatever stands in them; nil where it is no list, or they differ.
    var targetShape: [Int]? {
        guard let shape, !shape.isEmpty else { return nil }
        return Array(shape.dropFirst())
    }

    /// The extents of nested arrays, with anything else for a number; nil where they are no rectangle.
    private var shape: [Int]? {
        switch self {
        case .tensor(let tensor): return tensor.shape
        case .array(let elements):
            guard let first = elements.first?.shape, elements.allSatisfy({ $0.shape == first }) else { return nil }
            return [elements.count] + first
        default: return []
        }
    }

    /// How many rows this has, whatever stands in them; nil where it is no list of rows.
    var rowCount: Int? {
        switch self {
        case .tensor(let tensor): tensor.shape.count > 1 ? tensor.shape[0] : nil
        case .array(let elements): elements.contains(where: \.isRow) ? elements.count : nil
        default: nil
        }
    }

    /// How many targets this has, numbers or rows, whatever stands in them; nil where there are none or it is no list.
    var targetCount: Int? {
        switch self {
        case .tensor(let tensor): tensor.shape[0]
        case .array(let elements): elements.isEmpty ? nil : elements.count
        default: nil
        }
    }
}
