import CTangentSIMD

/// The maps of one image for every layer, as the planes read them: variances before the layer's sums and their row sums,
/// deviations after them (over the square root of the layer's weight).
///
/// `@unchecked Sendable`: written only by the thread that makes or rotates it, and read-only for others after that.
final class PlaneTable<Scalar: PlaneScalar>: @unchecked Sendable {
    let shape: PlaneShape
    /// [channels, height, width].
    let pixels: UnsafeMutablePointer<Scalar>
    let maps: UnsafeMutablePointer<Scalar.Maps>
    private let memory: UnsafeMutablePointer<Scalar>
    /// What the image was divided by.
    private(set) var scale = 1.0
    /// The mean variance after the last layer, of the image so divided.
    private(set) var meanVariance = 0.0
    /// Whether every variance is zero or far from the ends of the precision's range, so that nothing under- or overflows.
    private(set) var isInRange = true

    private static var slack: Int { TANGENT_PLANE_SLACK }
    private var stride: Int { shape.positions + Self.slack }

    /// Bytes of a table.
    static func bytes(_ shape: PlaneShape) -> Int {
        (3 * shape.layers + shape.channels) * (shape.positions + slack) * MemoryLayout<Scalar>.stride
    }

    /// An empty table, to be filled by ``rotate(_:by:)``.
    init(_ shape: PlaneShape) {
        self.shape = shape
        let stride = shape.positions + Self.slack
        memory = .allocate(capacity: 3 * shape.layers * stride)
        memory.initialize(repeating: 0, count: 3 * shape.layers * stride)
        let pixelCount = shape.channels * shape.positions + Self.slack
        pixels = .allocate(capacity: pixelCount)
        pixels.initialize(repeating: 0, count: pixelCount)
        maps = .allocate(capacity: shape.layers)
        for layer in 0..<shape.layers {
            let first = UnsafePointer(memory + 3 * layer * stride)
            (maps + layer).initialize(
                to: Scalar.maps(variance: first, sums: first + stride, deviation: first + 2 * stride))
        }
    }

    convenience init(_ image: [Double], _ plan: PlanePlan) {
        let (shape, layers) = (plan.shape, plan.layers)
        self.init(shape)
        if plan.isHomogeneous {
            // By a power of two, which is exact.
            let largest = image.reduce(0) { max($0, $1.magnitude) }
            scale = largest > 0 && largest.isNormal ? Double(sign: .plus, exponent: largest.exponent, significand: 1) : 1
        }
        var variances = [Double](repeating: 0, count: shape.positions)
        for i in 0..<shape.positions {
            for channel in 0..<shape.channels {
                let value = image[i * shape.channels + channel] / scale
                pixels[channel * shape.positions + i] = Scalar(value)
                variances[i] += value * value / Double(shape.channels)
            }
        }
        for (index, layer) in layers.enumerated() { fill(index, layer, &variances) }
        meanVariance = variances.reduce(0, +) / Double(shape.positions)
    }

    deinit {
        memory.deallocate()
        pixels.deallocate()
        maps.deallocate()
    }

    private func map(_ layer: Int, _ which: Int) -> UnsafeMutablePointer<Scalar> { memory + (3 * layer + which) * stride }

    /// Writes the maps of a layer and carries the variances through it.
    private func fill(_ index: Int, _ layer: PlaneLayer, _ variances: inout [Double]) {
        let (before, sums, deviations) = (map(index, 0), map(index, 1), map(index, 2))
        for i in 0..<shape.positions { before[i] = Scalar(variances[i]) }
        Scalar.rowSums(before, shape, layer, into: sums)
        if layer.taps != [1, 1] { variances = layer.filtered(variances, shape) }
        // As the planes round them: of distances and variances that differ by a common factor a sum over many pairs would
        // keep the difference, while a factor common to both only scales the kernel.
        let (weight, gain) = (Double(Scalar(layer.weight)), Double(Scalar(layer.gain)))
        let bias = layer.biasVariance
        for i in 0..<shape.positions {
            let variance = weight * variances[i] + bias
            deviations[i] = Scalar((variance / weight).squareRoot())
            variances[i] = gain * variance
            isInRange = isInRange && Self.isSafe(variance)
        }
    }

    private static func isSafe(_ variance: Double) -> Bool {
        let limit = Double(Scalar.greatestFiniteMagnitude).squareRoot().squareRoot()
        return variance == 0 || (variance < limit && variance > 1 / limit)
    }

    /// Makes this the table of an image whose columns are moved left by `dx`, around the edge.
    func rotate(_ source: PlaneTable, by dx: Int) {
        for index in 0..<3 * shape.layers {
            Self.rotate(source.memory + index * stride, into: memory + index * stride, shape, by: dx)
        }
        for channel in 0..<shape.channels {
            let start = channel * shape.positions
            Self.rotate(source.pixels + start, into: pixels + start, shape, by: dx)
        }
    }

    private static func rotate(
        _ source: UnsafeMutablePointer<Scalar>, into target: UnsafeMutablePointer<Scalar>, _ shape: PlaneShape, by dx: Int
    ) {
        let width = shape.width
        for row in 0..<shape.height {
            let first = row * width
            (target + first).update(from: source + first + dx, count: width - dx)
            (target + first + width - dx).update(from: source + first, count: dx)
        }
    }
}

extension PlaneLayer {
    /// Sums over the filter's taps, zero outside the image unless it is a ring.
    func filtered(_ variances: [Double], _ shape: PlaneShape) -> [Double] {
        let (height, width) = (shape.height, shape.width)
        var rows = [Double](repeating: 0, count: shape.positions)
        var result = rows
        variances.withUnsafeBufferPointer { source in
            rows.withUnsafeMutableBufferPointer { rows in
                for tap in -lows[1]..<(taps[1] - lows[1]) {
                    for y in 0..<height {
                        for x in 0..<width {
                            guard let column = place(x + tap, width) else { continue }
                            rows[y * width + x] += source[y * width + column]
                        }
                    }
                }
            }
        }
        rows.withUnsafeBufferPointer { rows in
            result.withUnsafeMutableBufferPointer { result in
                for tap in -lows[0]..<(taps[0] - lows[0]) {
                    for y in 0..<height {
                        guard let row = place(y + tap, height) else { continue }
                        for x in 0..<width { result[y * width + x] += rows[row * width + x] }
                    }
                }
            }
        }
        return result
    }

    private func place(_ position: Int, _ extent: Int) -> Int? {
        if isCircular { return position < 0 ? position + extent : position >= extent ? position - extent : position }
        return position >= 0 && position < extent ? position : nil
    }
}
