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

/// As much as is known of a shape while a document is checked: after a layer that does not fit, or could not be read, the
/// extents are open, often not the number of axes.
public enum PartialShape: Sendable, Equatable, CustomStringConvertible {
    case known(Shape)
    /// With so many spatial axes.
    case axes(Int)
    case unknown

    /// Spatial axes, where their number is known.
    public var axes: Int? {
        switch self {
        case .known(let shape): shape.positions.count
        case .axes(let count): count
        case .unknown: nil
        }
    }

    /// The same axes with open extents.
    var opened: PartialShape { axes.map(PartialShape.axes) ?? .unknown }

    /// As of a ``Shape``, with ? for what is open: [?, ?, ?].
    public var description: String {
        switch self {
        case .known(let shape): shape.description
        case .axes(let count): "[" + repeatElement("?", count: count + 1).joined(separator: ", ") + "]"
        case .unknown: "[?]"
        }
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
    /// What the layers stand on, by their pointers.
    public let inputs: [JSONPointer: PartialShape]
    public let output: PartialShape
}
