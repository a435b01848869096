import JSON

/// Carries an input shape through an architecture, recording where a layer does not fit what it is given.
///
/// A misfit does not end it: what follows is checked against what is still known, above all the number of axes, and not
/// against extents that a mend will change. So a document is told all its faults at once and no fault for another's sake.
public enum ShapeInference {
    /// Elements of one example at one layer: beyond any memory, and far from overflow.
    static let maximumElements = 1 << 40

    /// - Parameters:
    ///   - inputShape: [d], [length, channels] or [height, width, channels], as it stands at `pointer` in the document.
    ///   - purpose: a finite network, and a kernel in the standard parameterization, depend on widths; they are then required.
    /// - Returns: nil where a fault was recorded, or a layer could not be read. Complexity: O(layers with repetitions written out).
    public static func infer(
        _ architecture: Architecture, inputShape: [Int], at pointer: JSONPointer, for purpose: Purpose, faults: Faults
    ) -> ShapeTrace? {
        survey(architecture, inputShape: inputShape, at: pointer, for: purpose, faults: faults).trace
    }

    /// The same for a draft too, and for inputs that are not known (nil).
    ///
    /// - Parameter inputAxes: spatial axes of an input whose shape is not known, where their number is.
    public static func survey(
        _ architecture: Architecture, inputShape: [Int]?, inputAxes: Int? = nil, at pointer: JSONPointer, for purpose: Purpose,
        faults: Faults
    ) -> ShapeSurvey {
        let before = faults.count
        let input = inputShape.flatMap { Self.input($0, at: pointer, faults: faults) }
        let open = PartialShape(positions: inputAxes.map { $0 == 0 ? .known([]) : .open(axes: $0) } ?? .unknown, channels: .open)
        let requirements = Requirements(architecture: architecture, purpose: purpose, faults: faults)
        requirements.check()
        var walk = ShapeWalk(requirements: requirements, faults: faults)
        let output = walk.shape(after: architecture.layers, input.map { PartialShape($0) } ?? open)
        var trace: ShapeTrace?
        if let input, let end = output.shape, faults.count == before, walk.isComplete, !architecture.isOpen {
            trace = ShapeTrace(input: input, output: end, layers: walk.trace)
        }
        return ShapeSurvey(trace: architecture.isDraft ? nil : trace, draftTrace: trace, inputs: walk.inputs, output: output)
    }

    private static func input(_ shape: [Int], at pointer: JSONPointer, faults: Faults) -> Shape? {
        guard (1...3).contains(shape.count) else {
            faults.add(pointer, "An input shape is [d], [length, channels] or [height, width, channels]; this one has \(shape.count) axes.")
            return nil
        }
        if let index = shape.firstIndex(where: { $0 < 1 }) {
            faults.add(pointer.appending(index), "An extent must be at least 1, not \(shape[index]).")
            return nil
        }
        let result = Shape(positions: shape.dropLast(), channels: shape[shape.count - 1])
        guard fits(result) else {
            faults.add(pointer, "An input of this shape has more than \(maximumElements) elements.")
            return nil
        }
        return result
    }

    static func fits(_ shape: Shape) -> Bool {
        var elements = 1
        for extent in shape.positions + [shape.channels ?? 1] {
            let (product, overflow) = elements.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= maximumElements else { return false }
            elements = product
        }
        return true
    }
}
