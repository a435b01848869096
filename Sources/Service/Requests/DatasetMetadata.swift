import JSON
import Jobs

/// What a dataset's row in the store says of its shapes and classes, beyond what `Jobs` looks at.
struct DatasetMetadata: Sendable, Equatable {
    var rows: Int
    /// Of one row: [features], or [height, width, channels].
    var inputShape: [Int]
    /// Of one target, [] for a plain number; nil where there are none.
    var targetShape: [Int]?
    /// The number of classes, where the targets are class indices.
    var classes: Int?
    /// The classes' names, where the upload named them.
    var classNames: [String]?
    /// The largest magnitude among the inputs, which a job's precision has to hold; nil in rows of earlier versions.
    var largestInput: Double?

    init(rows: Int, inputShape: [Int], targetShape: [Int]? = nil, classes: Int? = nil, classNames: [String]? = nil) {
        self.rows = rows
        self.inputShape = inputShape
        self.targetShape = targetShape
        self.classes = classes
        self.classNames = classNames
    }

    /// Nil if the store's text is damaged.
    init?(_ dataset: Dataset) {
        guard let json = try? JSONParser.parse(dataset.metadata), case .number(let rows) = json["rows"], let rows = rows.integer,
            let inputShape = json["input_shape"]?.integers
        else { return nil }
        self.rows = rows
        self.inputShape = inputShape
        targetShape = json["target_shape"]?.integers
        if case .number(let number) = json["classes"] { classes = number.integer }
        largestInput = json["largest_input"]?.double
        classNames = json["class_names"]?.elements?.compactMap { element in
            if case .string(let name) = element { name } else { nil }
        }
    }

    var json: JSONValue {
        .object([
            "rows": .integer(rows), "input_shape": .integers(inputShape), "target_shape": targetShape.map { .integers($0) },
            "classes": classes.map { .integer($0) }, "class_names": classNames.map { .strings($0) },
            "largest_input": largestInput.map { .double($0) },
        ])
    }

    /// The dataset as clients see it.
    func document(_ dataset: Dataset) -> JSONValue {
        .object([
            "id": .string(dataset.id), "name": .string(dataset.name), "rows": .integer(rows), "input_shape": .integers(inputShape),
            "target_shape": targetShape.map { .integers($0) } ?? .null, "classes": classes.map { .integer($0) },
            "class_names": classNames.map { .strings($0) }, "bytes": .integer(dataset.bytes), "sha256": .string(dataset.sha256),
            "created_at": .string(RFC3339.text(dataset.createdAt)),
            "links": .object([
                "self": .string("/datasets/\(dataset.id)"), "inputs": .string("/datasets/\(dataset.id)/inputs"),
                "targets": targetShape.map { _ in .string("/datasets/\(dataset.id)/targets") },
            ]),
        ])
    }
}
