import Arrays
import JSON
import Jobs

/// Reads the data members of a request (`x1`, `x2`, ...) and looks the datasets they name up.
struct DataReader {
    /// Nil where the document may hold inline numbers only.
    let store: (any JobStore)?
    let blobs: BlobStore
    let faults: Faults
    /// Whether the shape that rows are held against is that of a training's inputs, and not the request's `input_shape`.
    var isShapeOfTraining = false
    /// The shape of the inputs of a stored network, into which flat rows as long as it fold where the request has no `input_shape`.
    var storedShape: [Int]?
    /// What is known of what was read last, faulty or not.
    var outline = RowOutline()

    /// The rows a member names; nil with a fault where they do not fit.
    ///
    /// - Parameter inputShape: The request's `input_shape`: how an inline row folds.
    mutating func inputs(_ value: JSONValue, at pointer: JSONPointer, inputShape: [Int]?) throws -> DataReference? {
        if let store, case .object(let object) = value {
            return try dataset(ObjectReader(object, at: pointer, faults: faults), in: store, part: .inputs, inputShape: inputShape)
        }
        let inputShape = inputShape ?? value.rowShape.flatMap(foldedShape)
        outline = RowOutline(inputs: value, inputShape: inputShape)
        return inlineInputs(value, at: pointer, inputShape: inputShape)
    }

    private func foldedShape(of row: [Int]) -> [Int]? {
        guard let storedShape, row.count == 1, Forecast.product(of: storedShape) == row[0] else { return nil }
        return storedShape
    }

    /// Rows that stand in the document itself.
    func inlineInputs(_ value: JSONValue, at pointer: JSONPointer, inputShape: [Int]?) -> DataReference? {
        switch value {
        case .tensor(let tensor): return inline(tensor, at: pointer, inputShape: inputShape)
        case .array(let rows):
            ragged(rows, at: pointer, inputShape: inputShape)
            return nil
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
        guard fits(own, inputShape, at: pointer) else { return nil }
        return DataReference(source: .inline(JSONTensor(shape: [rows, length], values: tensor.values)), rows: rows, shape: inputShape ?? own)
    }

    /// Whether rows of a shape fold into the request's.
    func fits(_ own: [Int], _ inputShape: [Int]?, at pointer: JSONPointer) -> Bool {
        // The client's numbers: their product may be beyond an Int.
        let (length, expected) = (own.reduce(1, *), Forecast.product(of: inputShape ?? own))
        guard expected != length else { return true }
        if isShapeOfTraining {
            faults.add(pointer, "The rows have \(length) numbers, those of the training \(expected); send inputs of the network that was trained.")
            return false
        }
        faults.add(pointer, "The rows have \(length) numbers, but input_shape \(inputShape ?? own) holds \(expected); change one of them.")
        return false
    }

    enum DatasetPart { case inputs, targets }

    mutating func dataset(_ reader: ObjectReader, in store: any JobStore, part: DatasetPart, inputShape: [Int]?) throws -> DataReference? {
        let before = faults.mark
        let id = reader.requiredString("dataset")
        let selection = reader.object("rows")
        let from = selection?.integer("from", in: 0...)
        let to = selection?.integer("to", in: 1...)
        selection?.finish()
        if let from, let to, from >= to {
            reader.fault(at: "rows", "There are no rows from \(from) to \(to) (exclusive); from must be below to.")
        }
        let standardize = reader.choice("standardize", of: Standardization.self, default: .none)
        reader.finish()
        guard let id else { return nil }
        guard let dataset = try store.dataset(id), let metadata = DatasetMetadata(dataset) else {
            return refuse(reader.pointer(to: "dataset"), "There is no dataset with this id; GET /datasets lists them.")
        }
        if let from, from >= metadata.rows {
            selection?.fault(at: "from", "There is no row \(from); the dataset has the rows 0 to \(metadata.rows - 1).")
        }
        if let to, to > metadata.rows {
            selection?.fault(at: "to", "The dataset has \(metadata.rows) rows, not \(to); send at most \(metadata.rows), the end of its last row.")
        }
        var found: (blob: Blob, shape: [Int], classes: Int?)? = (dataset.inputs, metadata.inputShape, nil)
        if part == .targets {
            found = dataset.targets.flatMap { blob in metadata.targetShape.map { (blob, $0, metadata.classes) } }
            if found == nil { reader.fault(at: "dataset", "This dataset has no targets; upload it with targets, or send them inline.") }
        } else if let inputShape, inputShape != metadata.inputShape {
            let mend = isShapeOfTraining ? "those of the training \(inputShape); name one of such rows" : "but input_shape is \(inputShape); leave input_shape out"
            reader.fault(at: "dataset", "The dataset's rows have shape \(metadata.inputShape), \(mend).")
        } else if let folded = foldedShape(of: metadata.inputShape) {
            found?.shape = folded
        }
        guard let found else { return nil }
        let open = reader.openMembers(since: before)
        outline = RowOutline(shape: open.contains("dataset") ? nil : found.shape, classCount: found.classes)
        guard !open.contains("rows") else { return nil }
        let rows = (from ?? 0)..<(to ?? metadata.rows)
        outline.rows = rows.count
        if part == .inputs, standardize == .none, rows.count == metadata.rows { outline.largest = metadata.largestInput }
        guard open.isEmpty else { return nil }
        return DataReference(
            source: .dataset(id: id, blob: found.blob, rows: rows, standardize: standardize), rows: rows.count, shape: found.shape,
            classes: found.classes)
    }

    func refuse(_ pointer: JSONPointer, _ detail: String) -> DataReference? {
        faults.add(pointer, detail)
        return nil
    }
}
