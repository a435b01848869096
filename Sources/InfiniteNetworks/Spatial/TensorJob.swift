/// All pairs of two sets of images by the tensor pass, one pair after the other on each thread.
struct TensorJob: Sendable {
    let network: SpatialNetwork
    let left: ImageRows
    let right: ImageRows
    let isSymmetric: Bool

    func run<Scalar: KernelScalar>(
        into destinations: KernelDestinations<Scalar>, threads: Int, report: (KernelRun) -> Void,
        progress: @Sendable (Int, Int) -> Void, isCancelled: @Sendable () -> Bool
    ) throws(KernelError) {
        let (rows, columns) = (left.images.count, right.images.count)
        let leftProfiles = left.profiles(steps: network.stepCount)
        let rightProfiles = isSymmetric ? leftProfiles : right.profiles(steps: network.stepCount)
        let own = rows + (isSymmetric ? 0 : columns)
        let pairs = isSymmetric ? rows * (rows - 1) / 2 : rows * columns
        let counter = WorkCounter(total: own + pairs, threads: threads)

        try counter.run(own, {}, progress, isCancelled) { _, index throws(KernelError) in
            let isLeft = index < rows
            let row = isLeft ? index : index - rows
            let profile = isLeft ? leftProfiles[row] : rightProfiles[row]
            try pass(isLeft ? left : right, row, profile, Scalar.self, isCancelled)
            if isLeft { destinations.storeOwn(profile, row: row, columns: columns, isSymmetric: isSymmetric) }
        }
        report((leftProfiles + rightProfiles).run)
        try counter.run(pairs, {}, progress, isCancelled) { _, index throws(KernelError) in
            let (i, j) = isSymmetric ? strictPair(index) : (index / columns, index % columns)
            let (x, y) = (leftProfiles[i], rightProfiles[j])
            var state = PairState(
                left.images[i], right.images[j], channels: network.channels, isDiagonal: !network.startsWithAllPairs)
            try TensorPass(left: x, right: y, isSelf: false).run(network.steps, &state, isCancelled: isCancelled)
            destinations.store(state, x, y, i, j, columns: columns, isSymmetric: isSymmetric)
        }
    }

    /// An image with itself; fills its profile.
    private func pass<Scalar: KernelScalar>(
        _ rows: ImageRows, _ row: Int, _ profile: ImageProfile, _ precision: Scalar.Type,
        _ isCancelled: () -> Bool
    ) throws(KernelError) {
        let image = rows.images[row]
        var state = PairState(image, image, channels: network.channels, isDiagonal: !network.startsWithAllPairs)
        try TensorPass(left: profile, right: profile, isSelf: true).run(network.steps, &state, isCancelled: isCancelled)
        (profile.nngp, profile.ntk) = (state.left[0], state.tangents[0])
        for (kind, value) in [(KernelKind.nngp, profile.nngp), (.ntk, profile.ntk)] where !Scalar(value).isFinite {
            let last = network.steps.count - 1
            throw .overflow(kind, rows.input, row: row, layer: last, name: network.steps[last].name)
        }
    }
}

/// The pair i < j of number `index` in the order (0,1), (0,2), (1,2), (0,3), ...
func strictPair(_ index: Int) -> (Int, Int) {
    var j = Int((0.5 + (0.25 + 2 * Double(index)).squareRoot()).rounded(.down))
    while j * (j - 1) / 2 > index { j -= 1 }
    while j * (j + 1) / 2 <= index { j += 1 }
    return (index - j * (j - 1) / 2, j)
}
