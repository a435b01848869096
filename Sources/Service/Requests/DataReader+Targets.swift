import Arrays
import JSON
import Jobs

/// What targets mean.
enum LearningTask: String, Sendable, CaseIterable {
    /// Numbers, as they are.
    case regression
    /// Classes 0, 1, ..., which become one-hot rows minus 1/classes (arXiv 1711.00165, section 3).
    case classification
}

extension ObjectReader {
    /// The member `task`; nil where it cannot be read, so that nothing is held against the targets for what they mean.
    func task() -> LearningTask? { has("task") ? choice("task", of: LearningTask.self) : .regression }

    /// Whether the task is known to be a regression, with no fault where it is not.
    var meansRegression: Bool { value("task").map { $0 == .string(LearningTask.regression.rawValue) } ?? true }
}

extension DataReader {
    /// The targets a member names: `[1, 0, 2]`, `[[0.5], [1.5]]`, or those of a dataset.
    ///
    /// - Parameter task: What they mean; nil where that is not known.
    mutating func targets(_ value: JSONValue, at pointer: JSONPointer, task: LearningTask?) throws -> DataReference? {
        outline = RowOutline(targets: value, task: task)
        switch value {
        case .tensor(let tensor):
            let shape = Array(tensor.shape.dropFirst())
            let rows = tensor.shape[0]
            return DataReference(
                source: .inline(JSONTensor(shape: [rows, shape.reduce(1, *)], values: tensor.values)), rows: rows, shape: shape)
        case .object(let object):
            guard let store else { break }
            return try dataset(ObjectReader(object, at: pointer, faults: faults), in: store, part: .targets, inputShape: nil)
        case .array(let elements):
            raggedTargets(elements, at: pointer)
            if task == .classification { checkUnreadClasses(value, at: pointer) }
            return nil
        default: break
        }
        return refuse(pointer, "This must be targets such as [1, 0, 2] or [[0.5], [1.5]], or {\"dataset\": \"<id>\"}, not \(value.kind).")
    }

    /// Whether there is a target for each input; known also where not all of them can be read.
    func checkCount(rows: Int?, at pointer: JSONPointer) {
        guard let rows, let count = outline.rows, count != rows else { return }
        faults.add(pointer, "There are \(count) targets for \(rows) inputs; send one target for each input.")
    }

    /// Whether the values of targets can be those of the task; records the faults where not.
    func check(_ targets: DataReference, task: LearningTask?, at pointer: JSONPointer) -> Bool {
        let before = faults.count
        if task == .classification { checkClasses(targets, at: pointer) }
        return faults.count == before
    }

    private func checkClasses(_ targets: DataReference, at pointer: JSONPointer) {
        guard targets.rowLength == 1 else {
            return refuseRows(at: pointer, "these targets have shape \(targets.shape)")
        }
        switch targets.source {
        case .inline(let tensor):
            for (index, value) in tensor.values.enumerated() { checkClass(value, at: pointer, index) }
        case .dataset where targets.classes == nil:
            faults.add(pointer, "The dataset's targets are not classes 0, 1, ...; leave \"task\" out to fit them as numbers.")
        case .dataset, .blob: break
        }
    }

    /// What of targets that cannot all be read is no class.
    private func checkUnreadClasses(_ targets: JSONValue, at pointer: JSONPointer) {
        if targets.elements?.contains(where: \.isLongRow) == true { refuseRows(at: pointer, "here are rows of more numbers") }
        for (index, value) in targets.singleTargets { checkClass(value, at: pointer, index) }
    }

    private func refuseRows(at pointer: JSONPointer, _ found: String) {
        faults.add(
            pointer, "A classification wants one class 0, 1, ... for each input, and \(found); leave \"task\" out to fit them as numbers.")
    }

    private func checkClass(_ value: Double, at pointer: JSONPointer, _ index: Int) {
        guard !Self.isClass(value) else { return }
        faults.add(pointer.appending(index), "A class is an integer from 0 to \(Self.mostClasses - 1), not \(value).")
    }

    /// More classes than this are a mistake, and would make targets of that many columns.
    static let mostClasses = 10_000

    fileprivate static func isClass(_ value: Double) -> Bool { value >= 0 && value < Double(mostClasses) && value.rounded() == value }
}

extension JSONValue {
    /// Those of an array of targets that are one number, in a row of its own or not, by their places.
    fileprivate var singleTargets: [(index: Int, value: Double)] {
        switch self {
        case .tensor(let tensor): tensor.values.count == tensor.shape[0] ? tensor.values.enumerated().map { ($0, $1) } : []
        case .array(let elements):
            elements.enumerated().compactMap { index, element in
                switch element {
                case .number(let number): (index, number.value)
                case .tensor(let row) where row.values.count == 1: (index, row.values[0])
                default: nil
                }
            }
        default: []
        }
    }

    /// Whether this is an array of more than one element or number.
    fileprivate var isLongRow: Bool {
        switch self {
        case .tensor(let tensor): tensor.values.count > 1
        case .array(let elements): elements.count > 1
        default: false
        }
    }
}

extension RowOutline {
    /// Of targets in the document itself.
    init(targets value: JSONValue, task: LearningTask?) {
        rows = value.targetCount
        shape = value.targetShape
        guard task == .classification, rowLength == 1 else { return }
        classCount = value.singleTargets.lazy.map(\.value).filter(DataReader.isClass).max().map { Int($0) + 1 }
    }
}

extension DataReference {
    /// The number of classes that these targets of a classification show: one more than the largest.
    var classCount: Int {
        if let classes { return classes }
        guard case .inline(let tensor) = source, let largest = tensor.values.max() else { return 1 }
        return Int(largest) + 1
    }
}

extension RowLoader {
    /// Targets as a matrix [rows, columns] in row-major order.
    ///
    /// - Parameter classes: For a classification, over all targets of the request: the number of columns.
    static func targets(of reference: DataReference, classes: Int?, blobs: BlobStore) throws -> [Double] {
        let values = try values(of: reference, blobs: blobs)
        guard let classes else { return values }
        let low = -1 / Double(classes)
        var matrix = [Double](repeating: low, count: values.count * classes)
        for (row, value) in values.enumerated() { matrix[row * classes + Int(value)] = 1 + low }
        return matrix
    }
}
