import CTangentSIMD

/// One thread's planes: a few arrays of the size of an image, the tables of the second image rotated, and the planes that joins
/// make.
final class PlaneWorker<Scalar: PlaneScalar> {
    private let plan: PlanePlan
    private let programs: [PlaneProgram<Scalar>]
    /// What the joins make, in the order of the offsets that are needed of it.
    private let joined: [JoinedPlanes<Scalar>]
    private let rotated: PlaneTable<Scalar>
    private let withTangent: Bool
    private let usesSlabs: Bool

    init(_ plan: PlanePlan, withTangent: Bool) {
        self.plan = plan
        self.withTangent = withTangent
        usesSlabs = plan.usesSlabs
        programs = plan.segments.map { PlaneProgram($0, isSlab: plan.usesSlabs) }
        joined = zip(plan.segments, plan.offsets).dropFirst().map { JoinedPlanes($0.input.count * $1.count) }
        rotated = PlaneTable(plan)
    }

    /// Mean squared distance and mean Θ over the pairs of positions that the readout joins.
    ///
    /// Of an image with itself opposite offsets are mirror images, and one is computed.
    func means(
        _ x: PlaneTable<Scalar>, _ y: PlaneTable<Scalar>, isSelf: Bool, isCancelled: () -> Bool
    ) throws(KernelError) -> (distance: Double, tangent: Double) {
        let last = plan.segments.count - 1, offsets = plan.offsets[last]
        for segment in 0..<last {
            try join(segment, x, y, plan.offsets[segment], plan.offsets[segment + 1], withTangent, isCancelled)
        }
        let extents = plan.segments[last].input
        let share = 1 / Double(plan.positions * offsets.count)
        var total = (distance: 0.0, tangent: 0.0)
        if usesSlabs {
            var stack = stack(last, x, y, 0, withTangent)
            for dy in offsets.rows {
                if isCancelled() { throw .cancelled }
                let opposite = (extents.height - dy) % extents.height
                if isSelf && opposite < dy { break }
                let weight = isSelf && opposite != dy ? 2.0 : 1.0
                let sums = Scalar.runSlab(&stack, dy: dy)
                total.distance += weight * sums.distance
                total.tangent += weight * sums.tangent
            }
            return (total.distance * share, total.tangent * share)
        }
        for dx in offsets.columns {
            if isCancelled() { throw .cancelled }
            let oppositeColumn = (extents.width - dx) % extents.width
            if isSelf && oppositeColumn < dx { break }
            var stack = stack(last, x, y, dx, withTangent)
            for dy in offsets.rows {
                let oppositeRow = (extents.height - dy) % extents.height
                if isSelf && oppositeColumn == dx && oppositeRow < dy { break }
                let isOwnOpposite = oppositeColumn == dx && oppositeRow == dy
                let weight = isSelf && !isOwnOpposite ? 2.0 : 1.0
                begin(&stack, last, offsets, dy, dx)
                let sums = Scalar.run(&stack, dy: dy, dx: dx)
                total.distance += weight * sums.distance
                total.tangent += weight * sums.tangent
            }
        }
        return (total.distance * share, total.tangent * share)
    }

    /// Takes the table of an image beyond each join, with the planes of the image with itself that its own windows need.
    func complete(_ table: PlaneTable<Scalar>) -> [JoinedMaps<Scalar>] {
        plan.ownOffsets.enumerated().map { last, offsets in
            let after = plan.segments[last + 1].input
            for segment in 0...last {
                // Nothing is cancelled here, so nothing is thrown.
                try? join(
                    segment, table, table, offsets[segment], segment < last ? offsets[segment + 1] : .zero(after), false, { false })
            }
            let maps = self.maps(table, last)
            table.fill(last + 1, maps)
            return maps
        }
    }

    private func maps(_ table: PlaneTable<Scalar>, _ last: Int) -> JoinedMaps<Scalar> {
        guard let join = plan.segments[last].join else { return JoinedMaps(within: [], variances: []) }
        let square = Scalar(join.square)
        let within = (0..<plan.segments[last + 1].input.count).map { square * joined[last].distance[$0] / 2 }
        let sums = join.sums(table.variances)
        // With the factor as the planes round it, for the same reason as a layer's weight.
        let scale = Double(square) * join.windowCount
        return JoinedMaps(within: within, variances: zip(sums, within).map { scale * $0 - Double($1) })
    }

    /// Runs a segment on the planes at `offsets` and adds them up to those that are `needed` after its join.
    private func join(
        _ index: Int, _ x: PlaneTable<Scalar>, _ y: PlaneTable<Scalar>, _ offsets: PlaneOffsets, _ needed: PlaneOffsets,
        _ withTangent: Bool, _ isCancelled: () -> Bool
    ) throws(KernelError) {
        let segment = plan.segments[index]
        guard let join = segment.join else { return }
        let target = joined[index], after = plan.segments[index + 1].input
        target.clear(after.count * needed.count, withTangent: withTangent)
        for dx in offsets.columns {
            if isCancelled() { throw .cancelled }
            var stack = stack(index, x, y, dx, withTangent)
            for dy in offsets.rows {
                begin(&stack, index, offsets, dy, dx)
                Scalar.advance(&stack, dy: dy, dx: dx)
                for row in join.rows[dy / segment.strides.height] where needed.hasRow(row.offset) {
                    Scalar.gather(&stack, width: segment.output.width, row.runs, step: join.strides.rows, height: after.height)
                    for column in join.columns[dx / segment.strides.width] where needed.hasColumn(column.offset) {
                        let plane = needed.slot(row.offset, column.offset) * after.count
                        Scalar.scatter(
                            &stack, width: segment.output.width, column.runs, step: join.strides.columns, after,
                            into: target.distance + plane, target.tangent + plane)
                    }
                }
            }
        }
    }

    private func stack(
        _ index: Int, _ x: PlaneTable<Scalar>, _ y: PlaneTable<Scalar>, _ dx: Int, _ withTangent: Bool
    ) -> Scalar.Stack {
        if dx > 0 { rotated.rotate(y, segment: index, by: dx) }
        return programs[index].stack(
            x, dx > 0 ? rotated : y, index, channels: index == 0 ? plan.channels : 0,
            scale: index == 0 ? 1 / Double(plan.channels) : plan.segments[index - 1].join?.square ?? 1, withTangent: withTangent)
    }

    /// Points a stack after a join to its plane.
    private func begin(_ stack: inout Scalar.Stack, _ index: Int, _ offsets: PlaneOffsets, _ dy: Int, _ dx: Int) {
        guard index > 0 else { return }
        let plane = offsets.slot(dy, dx) * plan.segments[index].input.count
        Scalar.begin(&stack, distance: joined[index - 1].distance + plane, tangent: joined[index - 1].tangent + plane)
    }
}

/// A segment as the engine in C takes it, with one thread's scratch.
private final class PlaneProgram<Scalar: PlaneScalar> {
    private let segment: PlaneSegment
    private let layers: UnsafeMutablePointer<Scalar.Layer>
    private let instructions: UnsafeMutablePointer<Int32>
    private let scratch: UnsafeMutablePointer<Scalar>

    init(_ segment: PlaneSegment, isSlab: Bool) {
        self.segment = segment
        layers = .allocate(capacity: max(1, segment.layers.count))
        for (index, layer) in segment.layers.enumerated() { (layers + index).initialize(to: Scalar.layer(layer)) }
        instructions = .allocate(capacity: max(1, segment.instructions.count))
        for (index, instruction) in segment.instructions.enumerated() { (instructions + index).initialize(to: instruction.code) }
        let size = isSlab ? Scalar.slabSize(segment.input) : segment.scratchSize
        scratch = .lines(size)
    }

    deinit {
        layers.deallocate()
        instructions.deallocate()
        scratch.deallocate()
    }

    func stack(
        _ x: PlaneTable<Scalar>, _ y: PlaneTable<Scalar>, _ index: Int, channels: Int, scale: Double, withTangent: Bool
    ) -> Scalar.Stack {
        Scalar.stack(
            segment.input, channels: channels, instructions: instructions, count: segment.instructions.count, layers: layers,
            left: x.maps[index], right: y.maps[index], x: x.origins[index], y: y.origins[index], scale: scale,
            withTangent: withTangent, scratch: scratch)
    }
}

/// The planes of e and Θ that a join makes.
private final class JoinedPlanes<Scalar: PlaneScalar> {
    let distance: UnsafeMutablePointer<Scalar>
    let tangent: UnsafeMutablePointer<Scalar>

    init(_ count: Int) {
        distance = .lines(count)
        tangent = .lines(count)
    }

    deinit {
        distance.deallocate()
        tangent.deallocate()
    }

    func clear(_ count: Int, withTangent: Bool) {
        distance.initialize(repeating: 0, count: count)
        if withTangent { tangent.initialize(repeating: 0, count: count) }
    }
}

extension PlaneSegment {
    /// Numbers of scratch (`plane_engine.h`).
    var scratchSize: Int { (5 + 4 * Int(TANGENT_PLANE_DEPTH)) * (input.aligned + 2 * Int(TANGENT_PLANE_SLACK)) }
}

extension PlaneJoin {
    /// Sums of a map over the windows.
    fileprivate func sums(_ map: [Double]) -> [Double] {
        let window = placement
        let (rows, columns) = window.sources.count == 2 ? (window.sources[0], window.sources[1]) : ([[0]], window.sources[0])
        let width = PlaneExtents(window.positions).width
        let outputs = PlaneExtents(window.outputs)
        return (0..<outputs.count).map { place in
            let (y, x) = (place / outputs.width, place % outputs.width)
            return rows.reduce(0) { sum, row in columns.reduce(sum) { $0 + map[row[y] * width + $1[x]] } }
        }
    }
}
