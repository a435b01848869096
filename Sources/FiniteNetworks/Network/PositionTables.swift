import Architectures
import JSON

/// The tables of positions that a network's layers look up. Layers that look alike, as the rounds of a `repeat` do, share one,
/// and all of them together are bounded: a short document must not ask for more memory than there is.
struct PositionTables {
    /// Numbers in the tables of a network: a quarter of a gigabyte.
    static let maximumEntries = 1 << 26
    /// A list of a group's positions takes as much as so many numbers.
    private static let entriesOfGroup = 32

    private struct Window: Hashable {
        let input, output, window, strides: [Int]
        let padding: Padding
    }

    private struct Groups: Hashable {
        let positions, axes: [Int]
    }

    private let faults: Faults
    private var windows: [Window: PositionWindow] = [:]
    private var groups: [Groups: NormalizedGroups] = [:]
    private var entries = 0

    init(faults: Faults) { self.faults = faults }

    /// Where a layer's window looks; nil with a fault where the tables would be too large.
    mutating func window(_ layer: Layer, _ shape: LayerShape, _ window: [Int], strides: [Int], padding: Padding) -> PositionWindow? {
        // A global pool has one output, whose positions the trace does not list.
        let outputs = shape.output.positions.isEmpty ? window.map { _ in 1 } : shape.output.positions
        let key = Window(input: shape.input.positions, output: outputs, window: window, strides: strides, padding: padding)
        if let known = windows[key] { return known }
        guard takes(outputs + window), Self.product(key.input) <= Int(Int32.max) else {
            return refuse(layer, "pairs more output positions and taps", "use a smaller window, strides, or smaller inputs")
        }
        let made = PositionWindow(input: key.input, output: outputs, window: window, strides: strides, padding: padding)
        windows[key] = made
        return made
    }

    /// What a layer normalization averages over; nil with a fault where the tables would be too large.
    mutating func groups(_ layer: Layer, _ shape: LayerShape, axes: [Int]) -> NormalizedGroups? {
        let key = Groups(positions: shape.input.positions, axes: axes)
        if let known = groups[key] { return known }
        guard takes(key.positions + [Self.entriesOfGroup]) else {
            return refuse(layer, "normalizes more positions", "use smaller inputs, or pool them first")
        }
        let made = NormalizedGroups(positions: key.positions, axes: axes)
        groups[key] = made
        return made
    }

    /// Whether a table of these extents fits beside the others.
    private mutating func takes(_ extents: [Int]) -> Bool {
        let size = Self.product(extents)
        guard size <= Self.maximumEntries - entries else { return false }
        entries += size
        return true
    }

    private func refuse<Table>(_ layer: Layer, _ what: String, _ mend: String) -> Table? {
        faults.add(
            layer.pointer,
            "\(layer.typeName) \(what) than the tables of a network hold, \(Self.maximumEntries) in all; \(mend).")
        return nil
    }

    /// Int.max where it is beyond it.
    private static func product(_ extents: [Int]) -> Int {
        extents.reduce(1) { product, extent in
            let (result, overflows) = product.multipliedReportingOverflow(by: extent)
            return overflows ? Int.max : result
        }
    }
}
