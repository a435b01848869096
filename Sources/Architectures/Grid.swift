import JSON

/// How a filter or a pooling window moves over the positions of its input.
struct Grid {
    let window: [Int]
    let strides: [Int]
    let padding: Padding
    /// The document's name for the window.
    let name: String

    /// Extents after a convolution or pooling that fits: ceil(n / s) where padded, floor((n - f) / s) + 1 where not.
    func reduced(_ extents: [Int]) -> [Int] {
        zip(extents, zip(window, strides)).map { extent, axis in
            let (window, stride) = axis
            return padding == .valid ? (extent - window) / stride + 1 : (extent - 1) / stride + 1
        }
    }

    /// Extents after a transposed convolution: n s where padded, n s + max(f - s, 0) where not.
    func expanded(_ extents: [Int]) -> [Int] {
        // No overflow: extents are at most 2^40 and strides and windows at most 2^16.
        zip(extents, zip(window, strides)).map { extent, axis in
            let (window, stride) = axis
            return extent * stride + (padding == .valid ? max(window - stride, 0) : 0)
        }
    }

    /// Whether the window has the axes of the input, as far as those are known; a fault otherwise.
    func hasAxes(of input: PartialShape, _ layer: Layer, _ faults: Faults) -> Bool {
        guard let axes = input.axes, axes != window.count else { return true }
        let mend =
            axes == 0
            ? "give an input_shape of [length, channels] or [height, width, channels], or use dense"
            : "give the \(name) \(axes == 1 ? "one extent" : "two extents")"
        faults.add(
            layer.pointer(to: name), "The \(name) \(window) of \(layer.typeName) has \(window.count) axes, but the input \(input) has \(axes) spatial ones; \(mend).")
        return false
    }

    /// Whether the window lies within the extents; a fault otherwise.
    func fits(_ extents: [Int], _ input: PartialShape, _ layer: Layer, _ faults: Faults) -> Bool {
        guard padding != .same, zip(window, extents).contains(where: { $0 > $1 }) else { return true }
        let reason = padding == .valid ? "nothing is left of it" : "it would meet itself around the ring"
        faults.add(
            layer.pointer(to: name), "The \(name) \(window) of \(layer.typeName) is larger than its input \(input): \(reason); use a smaller \(name), or padding \"same\".")
        return false
    }
}
