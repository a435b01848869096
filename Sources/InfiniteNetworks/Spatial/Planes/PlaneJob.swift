/// All pairs of two sets of images by offset planes.
struct PlaneJob<Planes: PlaneScalar>: Sendable {
    let network: SpatialNetwork
    let plan: PlanePlan
    let left: ImageRows
    let right: ImageRows
    let isSymmetric: Bool
    private let leftTables: PlaneTables<Planes>
    private let rightTables: PlaneTables<Planes>

    /// Nil where the images' scale is beyond what the planes' precision can square.
    init?(
        _ network: SpatialNetwork, _ plan: PlanePlan, _ left: ImageRows, _ right: ImageRows, isSymmetric: Bool, threads: Int,
        budget: Int = PlaneTables<Planes>.budget
    ) {
        (self.network, self.plan, self.left, self.right) = (network, plan, left, right)
        self.isSymmetric = isSymmetric
        leftTables = PlaneTables(left, plan, threads: threads, budget: budget)
        rightTables = isSymmetric ? leftTables : PlaneTables(right, plan, threads: threads, budget: budget)
        guard leftTables.areInRange, rightTables.areInRange else { return nil }
    }

    func run<Scalar: KernelScalar>(
        into destinations: KernelDestinations<Scalar>, threads: Int, report: (KernelRun) -> Void,
        progress: @Sendable (Int, Int) -> Void, isCancelled: @Sendable () -> Bool
    ) throws(KernelError) {
        let (rows, columns) = (leftTables.count, rightTables.count)
        let kinds = [destinations.nngp?.wantsOwn, destinations.ntk?.wantsOwn].compactMap(\.self)
        let needsOwn = isSymmetric || kinds.contains(true) || (plan.readout != .flatten && !plan.tailIsLinear)
        let withTangent = destinations.ntk != nil
        let makeWorker: @Sendable () -> PlaneWorker<Planes> = { PlaneWorker(plan, withTangent: withTangent) }
        let leftProfiles = left.profiles(steps: network.stepCount)
        let rightProfiles = isSymmetric ? leftProfiles : right.profiles(steps: network.stepCount)
        let areKept = leftTables.areKept && rightTables.areKept
        let tiles = PairTile.tiles(
            rows: rows, columns: columns, symmetric: isSymmetric, side: plan.readout != .flatten ? 1 : areKept ? 16 : 64)
        let own = rows + (isSymmetric ? 0 : columns)
        let counter = WorkCounter(total: own + tiles.count, threads: threads)

        try counter.run(own, makeWorker, progress, isCancelled) { worker, index throws(KernelError) in
            let isLeft = index < rows
            let row = isLeft ? index : index - rows
            let profile = isLeft ? leftProfiles[row] : rightProfiles[row]
            let table = isLeft ? leftTables[row] : rightTables[row]
            // The variance of a pooled image stays unknown where nobody needs it: zero then, which linear layers carry on
            // without harm, as c = (p + q − e)/2 holds for any p and q.
            let state = needsOwn
                ? try self.state(worker, table, table, nil, isCancelled)
                : PairState(known: plan.readout == .flatten ? table.meanVariance * table.scale * table.scale : 0)
            profile.readout = state.left[0]
            let end = try finish(state, profile, profile, isSelf: true)
            (profile.nngp, profile.ntk) = (end.left[0], end.tangents[0])
            try check(Scalar(profile.nngp), Scalar(profile.ntk), isLeft ? left.input : right.input, row)
            guard isLeft, needsOwn else { return }
            destinations.storeOwn(profile, row: row, columns: columns, isSymmetric: isSymmetric)
        }
        report((leftProfiles + rightProfiles).run)
        try counter.run(tiles.count, makeWorker, progress, isCancelled) { worker, index throws(KernelError) in
            let tile = tiles[index]
            let columnTables = tile.columns.map { rightTables[$0] }
            for i in tile.rows {
                if isCancelled() { throw .cancelled }
                let table = leftTables[i]
                for j in tile.columns where !isSymmetric || i < j {
                    let (x, y) = (leftProfiles[i], rightProfiles[j])
                    let start = try state(
                        worker, table, columnTables[j - tile.columns.lowerBound], (x, y), isCancelled)
                    let end = try finish(start, x, y, isSelf: false)
                    try check(Scalar(end.covariances[0]), Scalar(end.tangents[0]), left.input, i)
                    destinations.store(end, x, y, i, j, columns: columns, isSymmetric: isSymmetric)
                }
            }
        }
    }

    /// The kernels after the readout of an image with itself (`profiles` nil) or of a pair.
    private func state(
        _ worker: PlaneWorker<Planes>, _ x: PlaneTable<Planes>, _ y: PlaneTable<Planes>,
        _ profiles: (ImageProfile, ImageProfile)?, _ isCancelled: () -> Bool
    ) throws(KernelError) -> PairState {
        let isSelf = profiles == nil
        guard case .pool(let factor) = plan.readout else {
            let means = try worker.means(x, y, isSelf: false, isCancelled: isCancelled)
            return x.state(y, isSelf ? 0 : means.distance, means.tangent)
        }
        let means = try worker.means(x, y, isSelf: isSelf, isCancelled: isCancelled)
        let share = factor * Double(plan.positions)
        let scale = share * share * x.scale * y.scale
        let covariance = scale * (x.meanVariance + y.meanVariance - means.distance) / 2
        let (p, q) = profiles.map { ($0.0.readout, $0.1.readout) } ?? (covariance, covariance)
        return PairState(
            distance: isSelf ? 0 : p + q - 2 * covariance, tangent: scale * means.tangent, left: p, right: q)
    }

    private func finish(
        _ state: PairState, _ x: ImageProfile, _ y: ImageProfile, isSelf: Bool
    ) throws(KernelError) -> PairState {
        var state = state
        try TensorPass(left: x, right: y, isSelf: isSelf).run(plan.tail, &state)
        return state
    }

    private func check<Scalar: KernelScalar>(
        _ nngp: Scalar, _ ntk: Scalar, _ input: KernelError.Input, _ row: Int
    ) throws(KernelError) {
        for (kind, value) in [(KernelKind.nngp, nngp), (.ntk, ntk)] where !value.isFinite {
            let last = network.steps.count - 1
            throw .overflow(kind, input, row: row, layer: last, name: network.steps[last].name)
        }
    }
}

/// A block of pairs: the unit of work and of reports.
struct PairTile: Sendable {
    let rows: Range<Int>
    let columns: Range<Int>

    /// - Parameter symmetric: only tiles that touch pairs i < j.
    static func tiles(rows: Int, columns: Int, symmetric: Bool, side: Int) -> [PairTile] {
        var tiles: [PairTile] = []
        for top in stride(from: 0, to: rows, by: side) {
            let rowRange = top..<min(top + side, rows)
            for left in stride(from: symmetric ? top : 0, to: columns, by: side) {
                let columnRange = left..<min(left + side, columns)
                if symmetric && columnRange.upperBound - 1 <= rowRange.lowerBound { continue }
                tiles.append(PairTile(rows: rowRange, columns: columnRange))
            }
        }
        return tiles
    }
}

extension PlaneTable {
    /// The flattened images, brought back to their scales, from the mean squared distance and Θ of the scaled ones.
    fileprivate func state(_ other: PlaneTable, _ distance: Double, _ tangent: Double) -> PairState {
        let (p, q) = (meanVariance * scale * scale, other.meanVariance * other.scale * other.scale)
        let product = scale * other.scale
        // With equal scales the distance keeps its digits; with others it is not small.
        let covariance = product * (meanVariance + other.meanVariance - distance) / 2
        return PairState(
            distance: scale == other.scale ? product * distance : max(0, p + q - 2 * covariance), tangent: product * tangent,
            left: p, right: q)
    }
}
