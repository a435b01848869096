import Arrays
import JSON
import Jobs

/// Rows of numbers that a request names: inline, or rows of a dataset.
struct DataReference: Sendable {
    enum Source: Sendable {
        /// In the request itself, row-major.
        case inline(JSONTensor)
        /// Inline numbers too many for the job's row in the store, kept as a file.
        case blob(Blob)
        case dataset(id: String, blob: Blob, rows: Range<Int>, standardize: Standardization)
    }

    var source: Source
    let rows: Int
    /// The shape of one row.
    let shape: [Int]
    /// The number of classes, where these are targets of a dataset that are class indices.
    let classes: Int?

    var rowLength: Int { shape.reduce(1, *) }

    /// Inline data beyond this many numbers are summarised, not repeated, where a request is shown.
    static let shownValues = 4096

    /// The reference as shown in a result's `request`.
    var json: JSONValue {
        switch source {
        case .inline(let tensor) where tensor.values.count <= Self.shownValues: .tensor(tensor)
        case .inline, .blob: ["inline": ["rows": .integer(rows), "row_shape": .integers(shape)]]
        case .dataset(let id, _, let rows, let standardize):
            [
                "dataset": .string(id), "rows": ["from": .integer(rows.lowerBound), "to": .integer(rows.upperBound)],
                "standardize": .string(standardize.rawValue),
            ]
        }
    }

    /// The reference as a worker reads it.
    var stored: JSONValue {
        let source: (String, JSONValue) =
            switch source {
            case .inline(let tensor): ("values", .numbers(tensor.values))
            case .blob(let blob): ("blob", Self.json(blob))
            case .dataset(let id, let blob, let rows, let standardize):
                (
                    "dataset",
                    [
                        "id": .string(id), "blob": Self.json(blob), "from": .integer(rows.lowerBound),
                        "to": .integer(rows.upperBound), "standardize": .string(standardize.rawValue),
                    ]
                )
            }
        return .object(JSONObject([
            (name: "rows", value: .integer(rows)), (name: "shape", value: .integers(shape)),
            (name: "classes", value: classes.map { .integer($0) } ?? .null), (name: source.0, value: source.1),
        ]))
    }

    /// Reads back what ``stored`` wrote; nil if it is damaged.
    init?(stored: JSONValue) {
        guard case .number(let rows) = stored["rows"], let rows = rows.integer, let shape = stored["shape"]?.integers else { return nil }
        self.rows = rows
        self.shape = shape
        classes = if case .number(let classes) = stored["classes"] { classes.integer } else { nil }
        let length = shape.reduce(1, *)
        if case .tensor(let tensor) = stored["values"], tensor.values.count == rows * length {
            source = .inline(JSONTensor(shape: [rows, length], values: tensor.values))
        } else if let blob = stored["blob"].flatMap(Self.blob) {
            source = .blob(blob)
        } else if let dataset = stored["dataset"], case .string(let id) = dataset["id"], let blob = dataset["blob"].flatMap(Self.blob),
            case .number(let from) = dataset["from"], case .number(let to) = dataset["to"], let from = from.integer, let to = to.integer,
            from <= to, case .string(let standardize) = dataset["standardize"], let standardize = Standardization(rawValue: standardize)
        {
            source = .dataset(id: id, blob: blob, rows: from..<to, standardize: standardize)
        } else {
            return nil
        }
    }

    init(source: Source, rows: Int, shape: [Int], classes: Int? = nil) {
        self.source = source
        self.rows = rows
        self.shape = shape
        self.classes = classes
    }

    private static func json(_ blob: Blob) -> JSONValue { ["sha256": .string(blob.sha256), "bytes": .integer(blob.bytes)] }

    private static func blob(_ json: JSONValue) -> Blob? {
        guard case .string(let sha256) = json["sha256"], case .number(let bytes) = json["bytes"], let bytes = bytes.integer else { return nil }
        return Blob(sha256: sha256, bytes: bytes)
    }
}

extension JSONValue {
    /// The integers of an array; nil where it is none or holds anything else.
    var integers: [Int]? {
        guard let elements else { return nil }
        let integers = elements.compactMap { element -> Int? in
            guard case .number(let number) = element else { return nil }
            return number.integer
        }
        return integers.count == elements.count ? integers : nil
    }
}
