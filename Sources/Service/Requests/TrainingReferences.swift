import FiniteNetworks
import JSON

/// The rows that a training names.
struct TrainingReferences {
    let x: DataReference?
    let y: DataReference?
    let xTest: DataReference?
    let yTest: DataReference?
    /// What is known of y and y_test.
    private let targets: (train: RowOutline, test: RowOutline)
    /// Of x; known also where not all of them can be read.
    let rows: Int?

    /// - Parameters:
    ///   - stored: the network to train, into whose inputs flat rows fold.
    ///   - defaults: the rows to take for each member that the request leaves out; they are checked like a client's.
    init(_ reader: RequestReader, task: LearningTask?, inputShape: [Int]?, stored: StoredNetwork?, defaults: PostExperiment?) throws {
        let members = reader.members
        // The experiment's own rows are not in the document: it is the shape that does not fit them.
        let isMisfit = defaults != nil && !members.has("x") && inputShape.map { Forecast.product(of: $0) != PostExperiment.features } ?? false
        if isMisfit {
            members.fault(at: "input_shape", "The experiment's own rows have shape [\(PostExperiment.features)]; leave input_shape out, or send x.")
        }
        x = try reader.requiredInputs("x", inputShape: isMisfit ? nil : inputShape, foldedFor: stored, default: defaults?.x)
        rows = reader.rows(of: x, "x")
        y = try reader.requiredTargets("y", task: task, rows: rows, default: defaults?.y)
        xTest = try reader.inputs("x_test", inputShape: inputShape, foldedFor: stored)
        yTest = try reader.targets("y_test", task: task, rows: reader.rows(of: xTest, "x_test"))
        if members.hasValue("y_test"), !members.hasValue("x_test") {
            members.fault(at: "y_test", "There are targets of test rows but no x_test; send both, or leave y_test out.")
        }
        targets = (reader.outline("y"), reader.outline("y_test"))
        if !isMisfit { reader.checkShape(of: "x_test", beside: "x") }
    }

    /// Whether targets fit the outputs of the network, or each other where it is not known.
    func check(_ network: FiniteNetwork?, task: LearningTask?, loss: Loss, _ members: ObjectReader) {
        if loss == .crossEntropy, task == .regression {
            members.fault(at: "loss", "Cross-entropy wants classes; set \"task\" to \"classification\" and send targets 0, 1, ..., or use a squared loss.")
        }
        guard let outputs = network?.outputCount else {
            if let columns = targets.train.rowLength, let test = targets.test.rowLength, task == .regression, columns != test {
                members.fault(at: "y_test", "Its targets have \(test) columns, those of y \(columns); both must be as many.")
            }
            return
        }
        if task == .classification, outputs < 2 {
            members.fault(at: "architecture", "A classification wants an output for each class, and the network has \(outputs); widen its last layer.")
        }
        for (name, targets) in [("y", targets.train), ("y_test", targets.test)] {
            switch task {
            case .regression:
                guard let columns = targets.rowLength, columns != outputs else { continue }
                members.fault(at: name, "The targets have \(columns) columns and the network \(outputs) outputs; send \(outputs) for each row, or change the last layer's width.")
            case .classification:
                guard let count = targets.classCount, outputs >= 2, count > outputs else { continue }
                members.fault(at: name, "There is a class \(count - 1), but the network has \(outputs) outputs, for the classes 0 to \(outputs - 1); widen its last layer.")
            case nil: break
            }
        }
    }
}
