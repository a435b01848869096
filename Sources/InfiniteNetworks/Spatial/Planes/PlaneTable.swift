import CTangentSIMD

/// What a join of planes leaves of one image, at each position after it: half of the sum of e within the window (times f²),
/// in the precision of the planes, and the variance.
struct JoinedMaps<Scalar: PlaneScalar>: Sendable {
    let within: [Scalar]
    let variances: [Double]
}

/// The maps of one image for every layer, as the planes read them: variances before the layer's sums and their row sums,
/// deviations after them (over the square root of the layer's weight) and 1 over those.
///
/// `@unchecked Sendable`: written only by the thread that makes or rotates it, and read-only for others after that.
final class PlaneTable<Scalar: PlaneScalar>: @unchecked Sendable {
    private let plan: PlanePlan
    /// By segment, the maps of its layers.
    let maps: [UnsafeMutablePointer<Scalar.Maps>]
    /// By segment, what its planes begin with: the image [channels, height, width], or what a join left within its windows.
    let origins: [UnsafeMutablePointer<Scalar>]
    private let memory: [UnsafeMutablePointer<Scalar>]
    /// What the image was divided by.
    private(set) var scale = 1.0
    /// The variances after the last segment that is filled, of the image so divided.
    private(set) var variances: [Double] = []
    /// Of these; every pair asks for it.
    private(set) var meanVariance = 0.0
    /// Whether every variance is zero or far from the ends of the precision's range, so that nothing under- or overflows.
    private(set) var isInRange = true

    /// Maps of a layer.
    fileprivate static var mapsPerLayer: Int { 4 }
    private static var slack: Int { TANGENT_PLANE_SLACK }

    /// An empty table, to be filled by ``rotate(_:segment:by:)``.
    init(_ plan: PlanePlan) {
        self.plan = plan
        memory = plan.segments.map { .lines(Self.mapsPerLayer * $0.layers.count * $0.stride) }
        origins = plan.segments.indices.map { .lines((plan.channels(of: $0)) * plan.segments[$0].input.count + Self.slack) }
        maps = zip(plan.segments, memory).map { segment, memory in
            let maps = UnsafeMutablePointer<Scalar.Maps>.allocate(capacity: segment.layers.count)
            for layer in segment.layers.indices {
                let first = UnsafePointer(memory + Self.mapsPerLayer * layer * segment.stride)
                (maps + layer).initialize(
                    to: Scalar.maps(
                        variance: first, sums: first + segment.stride, deviation: first + 2 * segment.stride,
                        inverse: first + 3 * segment.stride))
            }
            return maps
        }
    }

    /// The table of an image up to the first join, and beyond those that are known.
    convenience init(_ image: [Double], _ plan: PlanePlan, joined: [JoinedMaps<Scalar>] = []) {
        self.init(plan)
        if plan.isHomogeneous {
            // By a power of two, which is exact.
            let largest = image.reduce(0) { max($0, $1.magnitude) }
            scale = largest > 0 && largest.isNormal ? Double(sign: .plus, exponent: largest.exponent, significand: 1) : 1
        }
        let positions = plan.segments[0].input.count
        variances = [Double](repeating: 0, count: positions)
        for i in 0..<positions {
            for channel in 0..<plan.channels {
                let value = image[i * plan.channels + channel] / scale
                origins[0][channel * positions + i] = Scalar(value)
                variances[i] += value * value / Double(plan.channels)
            }
        }
        fill(0)
        for (index, maps) in joined.enumerated() { fill(index + 1, maps) }
    }

    deinit {
        for pointer in memory + origins { pointer.deallocate() }
        for pointer in maps { pointer.deallocate() }
    }

    /// Carries the image through the segment after a join.
    func fill(_ segment: Int, _ joined: JoinedMaps<Scalar>) {
        origins[segment].update(from: joined.within, count: joined.within.count)
        variances = joined.variances
        isInRange = isInRange && variances.allSatisfy(Self.isSafe)
        fill(segment)
    }

    /// Writes the maps of a segment's layers and carries the variances through them.
    private func fill(_ index: Int) {
        let segment = plan.segments[index]
        var frames: [(input: [Double], total: [Double]?)] = []
        for instruction in segment.instructions {
            switch instruction {
            case .layer(let layer): fill(index, layer)
            case .open: frames.append((variances, nil))
            case .next, .sum:
                guard var frame = frames.popLast() else { continue }
                let total = frame.total.map { zip($0, variances).map(+) } ?? variances
                if case .sum = instruction {
                    variances = total
                } else {
                    variances = frame.input
                    frame.total = total
                    frames.append(frame)
                }
            }
        }
        meanVariance = variances.reduce(0, +) / Double(max(1, variances.count))
    }

    private func fill(_ index: Int, _ number: Int) {
        let segment = plan.segments[index], layer = segment.layers[number]
        // A member of a class is checked at every access; a variable is not.
        var (variances, isInRange) = (self.variances, self.isInRange)
        self.variances = []
        defer { (self.variances, self.isInRange) = (variances, isInRange) }
        let before = memory[index] + Self.mapsPerLayer * number * segment.stride
        let (sums, deviations, inverses) = (before + segment.stride, before + 2 * segment.stride, before + 3 * segment.stride)
        for i in 0..<layer.input.count { before[i] = Scalar(variances[i]) }
        Scalar.rowSums(before, layer, into: sums)
        let across = layer.strides[1]
        if across > 1 {
            for i in 0..<layer.input.count / across { sums[i] = sums[i * across] }
        }
        if layer.taps != [1, 1] || layer.strides != [1, 1] { variances = layer.filtered(variances) }
        // As the planes round them: of distances and variances that differ by a common factor a sum over many pairs would
        // keep the difference, while a factor common to both only scales the kernel.
        let (weight, gain) = (Double(Scalar(layer.weight)), Double(Scalar(layer.gain)))
        let bias = layer.biasVariance
        for i in variances.indices {
            let variance = weight * variances[i] + bias
            deviations[i] = Scalar((variance / weight).squareRoot())
            inverses[i] = deviations[i] > 0 ? 1 / deviations[i] : 0
            variances[i] = gain * variance
            isInRange = isInRange && Self.isSafe(variance)
        }
    }

    private static func isSafe(_ variance: Double) -> Bool {
        let limit = Double(Scalar.greatestFiniteMagnitude).squareRoot().squareRoot()
        return variance == 0 || (variance < limit && variance > 1 / limit)
    }

    /// Makes a segment of this the one of an image whose columns are moved left by `dx`, around the edge.
    func rotate(_ source: PlaneTable, segment index: Int, by dx: Int) {
        let segment = plan.segments[index]
        for channel in 0..<plan.channels(of: index) {
            let start = channel * segment.input.count
            Self.rotate(source.origins[index] + start, into: origins[index] + start, segment.input, by: dx)
        }
        for (number, layer) in segment.layers.enumerated() {
            // Strides before a layer have divided the offset.
            let before = dx / (segment.input.width / layer.input.width), after = before / layer.strides[1]
            for (which, extents, offset) in [
                (0, layer.input, before), (1, PlaneExtents([layer.input.height, layer.output.width]), after),
                (2, layer.output, after), (3, layer.output, after),
            ] {
                let start = (Self.mapsPerLayer * number + which) * segment.stride
                Self.rotate(source.memory[index] + start, into: memory[index] + start, extents, by: offset)
            }
        }
    }

    private static func rotate(
        _ source: UnsafeMutablePointer<Scalar>, into target: UnsafeMutablePointer<Scalar>, _ extents: PlaneExtents, by dx: Int
    ) {
        let width = extents.width
        for row in 0..<extents.height {
            let first = row * width
            (target + first).update(from: source + first + dx, count: width - dx)
            (target + first + width - dx).update(from: source + first, count: dx)
        }
    }
}

extension PlaneSegment {
    /// From one map to the next.
    fileprivate var stride: Int { input.aligned + TANGENT_PLANE_SLACK }
}

extension PlaneExtents {
    /// Elements rounded up to whole cache lines.
    var aligned: Int { (count + 15) / 16 * 16 }
}

extension UnsafeMutablePointer where Pointee: PlaneScalar {
    /// Zeros that begin at a cache line: of vectors elsewhere every second one lies across two, which costs half of the speed.
    static func lines(_ count: Int) -> Self {
        UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Pointee>.stride, alignment: 64)
            .initializeMemory(as: Pointee.self, repeating: 0, count: count)
    }
}

extension PlanePlan {
    /// Numbers at a position that the planes of a segment begin with.
    fileprivate func channels(of segment: Int) -> Int { segment == 0 ? channels : 1 }

    /// Numbers in a ``PlaneTable``.
    var tableSize: Int {
        segments.indices.reduce(0) {
            $0 + PlaneTable<Double>.mapsPerLayer * segments[$1].layers.count * segments[$1].stride + channels(of: $1) * segments[$1].input.count
                + TANGENT_PLANE_SLACK
        }
    }
}
