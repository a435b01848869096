import Arrays
import JSON
import Jobs

/// Reads the data members of a request (`x1`, `x2`, ...) and looks the datasets they name up.
struct DataReader {
    /// Nil where the document may hold inline numbers only.
    let store: (any JobStore)?
    let blobs: BlobStore
    let faults: Faults

    /// The rows a member names; nil with a fault where they do not fit.
    ///
    /// - Parameter inputShape: The request's `input_shape`: how an inline row folds.
    func inputs(_ value: JSONValue, at pointer: JSONPointer, inputShape: [Int]?) throws -> DataReference? {
        if let store, case .object(let object) = value {
            return try dataset(ObjectReader(object, at: pointer, faults: faults), in: store, part: .inputs, inputShape: inputShape)
        }
        return inlineInputs(value, at: pointer, inputShape: inputShape)
    }

    /// Rows that stand in the document itself.
    func inlineInputs(_ value: JSONValue, at pointer: JSONPointer, inputShape: [Int]?) -> DataReference? {
        switch value {
        case .tensor(let tensor): return inline(tensor, at: pointer, inputShape: inputShape)
        case .array(let rows): return ragged(rows, at: pointer)
        default:
            let forms = store == nil ? "" : ", or {\"dataset\": \"<id>\"}"
            return refuse(pointer, "This must be rows of numbers such as [[0.1, 0.2], [0.3, 0.4]]\(forms), not \(value.kind).")
        }
    }

    private func inline(_ tensor: JSONTensor, at pointer: JSONPointer, inputShape: [Int]?) -> DataReference? {
        guard tensor.shape.count >= 2 else {
            return refuse(pointer, "These are plain numbers; inputs are rows: write [[0.1, 0.2], [0.3, 0.4]], one inner array an input.")
        }
        let rows = tensor.shape[0]
        let own = Array(tensor.shape.dropFirst())
        let length = own.reduce(1, *)
        let shape = inputShape ?? own
        // The client's numbers: their product may be beyond an Int.
        let expected = Forecast.product(of: shape)
        guard expected == length else {
            return refuse(pointer, "The rows have \(length) numbers, but input_shape \(shape) holds \(expected); change one of them.")
        }
        return DataReference(source: .inline(JSONTensor(shape: [rows, length], values: tensor.values)), rows: rows, shape: shape)
    }

    /// An array that is no rectangle of numbers: says which rows break it.
    func ragged(_ rows: [JSONValue], at pointer: JSONPointer) -> DataReference? {
        guard !rows.isEmpty else { return refuse(pointer, "There are no rows; send at least one.") }
        var reference: (index: Int, shape: [Int])?
        for (index, row) in rows.enumerated() {
            guard case .tensor(let tensor) = row else {
                refuseRow(row, at: pointer.appending(index))
                continue
            }
            guard let first = reference else {
                reference = (index, tensor.shape)
                continue
            }
            guard tensor.shape != first.shape else { continue }
            faults.add(
                pointer.appending(index),
                "Row \(index) has \(size(tensor.shape)) numbers but row \(first.index) has \(size(first.shape)); all rows need the same length.")
        }
        return nil
    }

    /// Points at the first thing in a row that is no number.
    private func refuseRow(_ row: JSONValue, at pointer: JSONPointer) {
        guard case .array(let elements) = row else { return faults.add(pointer, "This must be a row of numbers, not \(row.kind).") }
        for (index, element) in elements.enumerated() {
            switch element {
            case .number: continue
            case .tensor, .array: return faults.add(pointer, "This row holds numbers and rows; a row is either.")
            default: return faults.add(pointer.appending(index), "This must be a number, not \(element.kind).")
            }
        }
        faults.add(pointer, "This row is empty; give every input at least one number.")
    }

    private func size(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: " x ") }

    enum DatasetPart { case inputs, targets }

    func dataset(_ reader: ObjectReader, in store: any JobStore, part: DatasetPart, inputShape: [Int]?) throws -> DataReference? {
        let id = reader.requiredString("dataset")
        let selection = reader.object("rows")
        let from = selection?.integer("from", in: 0...)
        let to = selection?.integer("to", in: 1...)
        selection?.finish()
        let standardize = reader.choice("standardize", of: Standardization.self, default: .none)
        reader.finish()
        guard let id else { return nil }
        guard let dataset = try store.dataset(id), let metadata = DatasetMetadata(dataset) else {
            return refuse(reader.pointer(to: "dataset"), "There is no dataset with this id; GET /datasets lists them.")
        }
        let range = (from ?? 0, to ?? metadata.rows)
        guard range.0 < range.1, range.1 <= metadata.rows else {
            return refuse(
                reader.pointer(to: "rows"),
                "Rows \(range.0) to \(range.1) (exclusive) do not lie in this dataset, which has \(metadata.rows); from must be below to.")
        }
        let rows = range.0..<range.1
        if part == .targets {
            guard let targets = dataset.targets, let shape = metadata.targetShape else {
                return refuse(reader.pointer(to: "dataset"), "This dataset has no targets; upload it with targets, or send them inline.")
            }
            return DataReference(
                source: .dataset(id: id, blob: targets, rows: rows, standardize: standardize), rows: rows.count, shape: shape,
                classes: metadata.classes)
        }
        if let inputShape, inputShape != metadata.inputShape {
            return refuse(
                reader.pointer(to: "dataset"),
                "The dataset's rows have shape \(metadata.inputShape), but input_shape is \(inputShape); leave input_shape out.")
        }
        return DataReference(
            source: .dataset(id: id, blob: dataset.inputs, rows: rows, standardize: standardize), rows: rows.count,
            shape: metadata.inputShape)
    }

    private func refuse(_ pointer: JSONPointer, _ detail: String) -> DataReference? {
        faults.add(pointer, detail)
        return nil
    }
}
