import Architectures

/// A network by offset planes: segments, each of which stays within a plane, with joins of planes between them; then `flatten`
/// or global pooling; then layers on vectors.
///
/// What planes know: convolutions with `same` and `circular` padding, dense layers on channels, the rectifier family, residual
/// sums of these, strides. `valid` padding, strides that do not divide the extents and pools of whole windows are joins.
struct PlanePlan: Sendable {
    enum Readout: Sendable, Equatable {
        case flatten
        /// The factor of the sum over a window of all positions.
        case pool(factor: Double)
    }

    let channels: Int
    let segments: [PlaneSegment]
    let readout: Readout
    /// The steps after the readout.
    let tail: [SpatialStep]
    /// Of each segment the planes that the readout of a pair needs.
    let offsets: [PlaneOffsets]
    /// Of each join the planes of the segments before it that its equal positions need, for an image with itself.
    let ownOffsets: [[PlaneOffsets]]

    /// Whether the tail (or a pair's geometry) needs the variance of a pooled image, which costs its kernel with itself.
    var tailIsLinear: Bool {
        tail.allSatisfy { step in
            switch step.kind {
            case .affine, .identity, .flatten: true
            default: false
            }
        }
    }

    /// Without biases the planes' kernel of λx and μy is λμ times that of x and y, so each image can be brought near unit size.
    var isHomogeneous: Bool { segments.allSatisfy { $0.layers.allSatisfy { $0.biasVariance == 0 && $0.ownOffset == 0 } } }

    /// Whether the planes of a row offset go together (``PlaneSegment/fitsSlabs``).
    var usesSlabs: Bool {
        guard segments.count == 1, case .pool = readout else { return false }
        return segments[0].fitsSlabs
    }

    /// Positions at the readout.
    var positions: Int { segments.last?.output.count ?? 0 }

    /// Nil where some layer before the readout is not in the planes' repertoire.
    init?(_ trace: ShapeTrace, _ steps: [SpatialStep]) {
        guard !trace.input.positions.isEmpty, let channels = trace.input.channels else { return nil }
        var reader = PlaneReader(trace.input.positions)
        for (index, step) in steps.enumerated() {
            switch step.kind {
            case .flatten: readout = .flatten
            case .pool(let pool) where pool.placement.outputs == 1 && pool.placement.sources.count == reader.extents.count:
                readout = .pool(factor: pool.factors[0])
            default:
                guard reader.take(step) else { return nil }
                continue
            }
            reader.end(nil)
            let segments = reader.segments
            guard segments.contains(where: { !$0.layers.isEmpty }) else { return nil }
            self.segments = segments
            self.channels = channels
            tail = Array(steps[(index + 1)...])
            let end = segments[segments.count - 1].output
            offsets = Self.offsets(segments, neededAtEnd: readout == .flatten ? .zero(end) : .all(end))
            ownOffsets = segments.indices.dropLast().map { last in
                Self.offsets(Array(segments[...last]), neededAtEnd: .zero(segments[last + 1].input))
            }
            return
        }
        return nil
    }

    /// What each segment must compute, from what is needed of the last one's planes, or of what its join makes of them.
    private static func offsets(_ segments: [PlaneSegment], neededAtEnd: PlaneOffsets) -> [PlaneOffsets] {
        var needed = neededAtEnd
        var result: [PlaneOffsets] = []
        for segment in segments.reversed() {
            if let join = segment.join { needed = join.sources(of: needed, segment.output) }
            needed = needed.spread(segment.strides, over: segment.input)
            result.insert(needed, at: 0)
        }
        return result
    }
}

/// Height and width; sequences have height 1.
struct PlaneExtents: Sendable, Equatable {
    var height: Int
    var width: Int

    var count: Int { height * width }

    /// Of one or two axes.
    init(_ positions: [Int]) { (height, width) = (positions.count == 2 ? positions[0] : 1, positions[positions.count - 1]) }
}

/// The offsets of some planes: all combinations of some row offsets and some column offsets.
struct PlaneOffsets: Sendable, Equatable {
    /// Ascending.
    let rows: [Int]
    let columns: [Int]
    /// By offset, its index in `rows`; -1 where it is not there.
    private let rowSlots: [Int]
    private let columnSlots: [Int]

    init(rows: [Int], columns: [Int], _ extents: PlaneExtents) {
        (self.rows, self.columns) = (rows, columns)
        (rowSlots, columnSlots) = (Self.slots(rows, extents.height), Self.slots(columns, extents.width))
    }

    private static func slots(_ offsets: [Int], _ extent: Int) -> [Int] {
        var slots = [Int](repeating: -1, count: extent)
        for (slot, offset) in offsets.enumerated() { slots[offset] = slot }
        return slots
    }

    static func zero(_ extents: PlaneExtents) -> PlaneOffsets { PlaneOffsets(rows: [0], columns: [0], extents) }

    static func all(_ extents: PlaneExtents) -> PlaneOffsets {
        PlaneOffsets(rows: Array(0..<extents.height), columns: Array(0..<extents.width), extents)
    }

    var count: Int { rows.count * columns.count }
    func hasRow(_ dy: Int) -> Bool { rowSlots[dy] >= 0 }
    func hasColumn(_ dx: Int) -> Bool { columnSlots[dx] >= 0 }

    /// The number of a plane that is among them.
    func slot(_ dy: Int, _ dx: Int) -> Int { rowSlots[dy] * columns.count + columnSlots[dx] }

    /// The offsets before strides.
    func spread(_ strides: PlaneExtents, over extents: PlaneExtents) -> PlaneOffsets {
        PlaneOffsets(rows: rows.map { $0 * strides.height }, columns: columns.map { $0 * strides.width }, extents)
    }
}
