import JSON

/// As much as is known of a shape while a document is checked. After a layer that does not fit, or could not be read, some of
/// it is open, often neither the number of axes nor the channels.
public struct PartialShape: Sendable, Equatable, CustomStringConvertible {
    enum Positions: Sendable, Equatable {
        case known([Int])
        case open(axes: Int)
        case unknown
    }

    enum Channels: Sendable, Equatable {
        case known(Int)
        /// Nobody gave any: an infinite network needs none. The layer is the one that could have.
        case missing(of: JSONPointer)
        case open
    }

    var positions: Positions
    var channels: Channels

    static let unknown = PartialShape(positions: .unknown, channels: .open)

    init(positions: Positions, channels: Channels) {
        (self.positions, self.channels) = (positions, channels)
    }

    /// An input's shape, which has its channels.
    init(_ shape: Shape) {
        self.init(positions: .known(shape.positions), channels: shape.channels.map(Channels.known) ?? .open)
    }

    /// All of it; nil where something is open.
    var shape: Shape? {
        guard case .known(let positions) = positions else { return nil }
        return switch channels {
        case .known(let channels): Shape(positions: positions, channels: channels)
        case .missing: Shape(positions: positions, channels: nil)
        case .open: nil
        }
    }

    /// Spatial axes, where their number is known.
    public var axes: Int? {
        switch positions {
        case .known(let extents): extents.count
        case .open(let axes): axes
        case .unknown: nil
        }
    }

    /// The same axes with open extents.
    var withOpenPositions: PartialShape {
        PartialShape(positions: axes.map(Positions.open) ?? .unknown, channels: channels)
    }

    /// No positions; their channels with these, where `isFlattened`.
    func withoutPositions(isFlattened: Bool) -> PartialShape {
        var result = PartialShape(positions: .known([]), channels: channels)
        guard isFlattened, case .known(let count) = channels else { return result }
        if case .known(let extents) = positions {
            result.channels = .known(extents.reduce(count, *))
        } else {
            result.channels = .open
        }
        return result
    }

    func with(_ channels: Channels) -> PartialShape { PartialShape(positions: positions, channels: channels) }

    /// As of a ``Shape``, with ? for what is open: [?, ?, 10].
    public var description: String {
        let extents =
            switch positions {
            case .known(let extents): extents.map(String.init)
            case .open(let axes): [String](repeating: "?", count: axes)
            case .unknown: ["..."]
            }
        let last = if case .known(let count) = channels { String(count) } else { "?" }
        return "[" + (extents + [last]).joined(separator: ", ") + "]"
    }
}
