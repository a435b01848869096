import JSON

/// The shape of one example at some layer: spatial extents, then channels. A vector has no spatial axes.
public struct Shape: Sendable, Equatable, CustomStringConvertible {
    /// [] for vectors, [length] for sequences, [height, width] for images.
    public var positions: [Int]
    /// Nil after a layer that has no width: an infinite network needs none.
    public var channels: Int?

    public init(positions: [Int], channels: Int?) {
        self.positions = positions
        self.channels = channels
    }

    /// Positions times channels; nil where the channels are unknown.
    public var elements: Int? { channels.map { positions.reduce($0, *) } }

    /// As in the document, with ? for unknown channels: [8, 8, ?].
    public var description: String {
        "[" + (positions.map(String.init) + [channels.map(String.init) ?? "?"]).joined(separator: ", ") + "]"
    }
}

/// What a network is described for: its infinite limit, a draw of finite width, or its shapes alone.
public enum Purpose: Sendable {
    case shapes
    case infiniteKernel
    case finiteNetwork
}

/// One application of a layer, as ``ShapeInference`` met it.
public struct LayerShape: Sendable, Equatable {
    public let layer: Layer
    public let input: Shape
    public let output: Shape
}

/// The shapes through a whole network.
public struct ShapeTrace: Sendable, Equatable {
    public let input: Shape
    public let output: Shape
    /// Every application of a layer in the order of computation: `repeat` is written out, branches follow one another,
    /// and a container comes after what it contains.
    public let layers: [LayerShape]
}

/// What ``ShapeInference`` found, faults or none.
public struct ShapeSurvey: Sendable {
    /// Nil where there was a fault, a layer could not be read, or the input is not known.
    public let trace: ShapeTrace?
    /// The same for a draft whose faults change neither shapes nor parameters, such as a scale out of its range.
    public let draftTrace: ShapeTrace?
    /// What the layers stand on, by their pointers.
    public let inputs: [JSONPointer: PartialShape]
    public let output: PartialShape
}
