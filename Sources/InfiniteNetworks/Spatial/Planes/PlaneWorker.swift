import CTangentSIMD

/// One thread's planes: a few arrays of the size of an image, and the tables of the second image rotated.
final class PlaneWorker<Scalar: PlaneScalar> {
    private let shape: PlaneShape
    private let layers: UnsafeMutablePointer<Scalar.Layer>
    private let scratch: UnsafeMutablePointer<Scalar>
    private let rotated: PlaneTable<Scalar>
    private let withTangent: Bool

    init(_ plan: PlanePlan, withTangent: Bool) {
        shape = plan.shape
        self.withTangent = withTangent
        layers = .allocate(capacity: shape.layers)
        for (index, layer) in plan.layers.enumerated() { (layers + index).initialize(to: Scalar.layer(layer)) }
        let size = 5 * (shape.positions + 2 * TANGENT_PLANE_SLACK)
        scratch = .allocate(capacity: size)
        scratch.initialize(repeating: 0, count: size)
        rotated = PlaneTable(shape)
    }

    deinit {
        layers.deallocate()
        scratch.deallocate()
    }

    /// Mean squared distance and mean Θ over equal positions.
    func equalPositions(_ x: PlaneTable<Scalar>, _ y: PlaneTable<Scalar>) -> (distance: Double, tangent: Double) {
        var stack = stack(x, y)
        let sums = Scalar.run(&stack, dy: 0, dx: 0)
        let share = 1 / Double(shape.positions)
        return (sums.distance * share, sums.tangent * share)
    }

    /// The same over all pairs of positions. Of an image with itself opposite offsets are mirror images, and one is computed.
    func allPositions(
        _ x: PlaneTable<Scalar>, _ y: PlaneTable<Scalar>, isSelf: Bool, isCancelled: () -> Bool
    ) throws(KernelError) -> (distance: Double, tangent: Double) {
        var total = (distance: 0.0, tangent: 0.0)
        for dx in 0..<shape.width {
            if isCancelled() { throw .cancelled }
            let oppositeColumn = (shape.width - dx) % shape.width
            if isSelf && oppositeColumn < dx { break }
            if dx > 0 { rotated.rotate(y, by: dx) }
            var stack = stack(x, dx > 0 ? rotated : y)
            for dy in 0..<shape.height {
                let oppositeRow = (shape.height - dy) % shape.height
                if isSelf && oppositeColumn == dx && oppositeRow < dy { break }
                let isOwnOpposite = oppositeColumn == dx && oppositeRow == dy
                let weight = isSelf && !isOwnOpposite ? 2.0 : 1.0
                let sums = Scalar.run(&stack, dy: dy, dx: dx)
                total.distance += weight * sums.distance
                total.tangent += weight * sums.tangent
            }
        }
        let share = 1 / (Double(shape.positions) * Double(shape.positions))
        return (total.distance * share, total.tangent * share)
    }

    private func stack(_ x: PlaneTable<Scalar>, _ y: PlaneTable<Scalar>) -> Scalar.Stack {
        Scalar.stack(
            shape, layers: layers, left: x.maps, right: y.maps, x: x.pixels, y: y.pixels, withTangent: withTangent,
            scratch: scratch)
    }
}
