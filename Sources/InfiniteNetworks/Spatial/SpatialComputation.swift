import Dispatch
import LinearAlgebra
import Synchronization

extension SpatialNetwork {
    /// Both kernels of the network on the rows of x1 and x2 (nil: x1 with itself, a symmetric matrix bit for bit), written
    /// straight to `destinations`, as ``DenseStack`` does. A row is an image in height, width, channel order.
    ///
    /// The slices after each layer (`KernelArrays.layers`) do not exist here, as a layer's kernel has positions: asking for
    /// them is a programming error.
    ///
    /// - Parameters:
    ///   - threads: how many pairs are worked on at once.
    ///   - progress: completed and total steps of work; called from any thread, one call at a time, in order.
    ///   - isCancelled: asked before every layer of every pair, from any thread.
    /// - Throws: ``KernelError``. The destinations then hold an unspecified part of the results.
    public func compute<Scalar: KernelScalar>(
        x1: MatrixView<Scalar>, x2: MatrixView<Scalar>? = nil, into destinations: KernelDestinations<Scalar>,
        threads: Int = 1, progress: @Sendable (Int, Int) -> Void = { _, _ in },
        isCancelled: @Sendable () -> Bool = { false }
    ) throws(KernelError) {
        precondition(
            destinations.nngp?.layers == nil && destinations.ntk?.layers == nil,
            "a spatial network has no kernel matrix after each layer")
        let left = try ImageRows(x1, as: .x1, dimension: inputDimension)
        let right = if let x2 { try ImageRows(x2, as: .x2, dimension: inputDimension) } else { left }
        BLASThreads.callersAreParallel()
        let job = TensorJob(network: self, left: left, right: right, isSymmetric: x2 == nil)
        try job.run(into: destinations, threads: threads, progress: progress, isCancelled: isCancelled)
    }
}

/// The rows of an input in float64, checked.
struct ImageRows: Sendable {
    let input: KernelError.Input
    let images: [[Double]]

    init<Scalar: KernelScalar>(_ view: MatrixView<Scalar>, as input: KernelError.Input, dimension: Int) throws(KernelError) {
        guard view.columns == dimension else {
            throw .inputDimension(input, found: view.columns, expected: dimension)
        }
        var images: [[Double]] = []
        for row in 0..<view.rows {
            let image = (0..<dimension).map { Double(view.row(row)[$0]) }
            if let column = image.firstIndex(where: { !$0.isFinite }) { throw .notFinite(input, row: row, column: column) }
            images.append(image)
        }
        self.input = input
        self.images = images
    }
}

/// All pairs of two sets of images by the tensor pass, one pair after the other on each thread.
private struct TensorJob: Sendable {
    let network: SpatialNetwork
    let left: ImageRows
    let right: ImageRows
    let isSymmetric: Bool

    func run<Scalar: KernelScalar>(
        into destinations: KernelDestinations<Scalar>, threads: Int, progress: @Sendable (Int, Int) -> Void,
        isCancelled: @Sendable () -> Bool
    ) throws(KernelError) {
        let (rows, columns) = (left.images.count, right.images.count)
        let leftProfiles = left.images.map { _ in ImageProfile(steps: network.stepCount) }
        let rightProfiles = isSymmetric ? leftProfiles : right.images.map { _ in ImageProfile(steps: network.stepCount) }
        let own = rows + (isSymmetric ? 0 : columns)
        let pairs = isSymmetric ? rows * (rows - 1) / 2 : rows * columns
        let counter = WorkCounter(total: own + pairs, threads: threads)

        try counter.run(own, progress, isCancelled) { index throws(KernelError) in
            let isLeft = index < rows
            let row = isLeft ? index : index - rows
            let profile = isLeft ? leftProfiles[row] : rightProfiles[row]
            try pass(isLeft ? left : right, row, profile, Scalar.self, isCancelled)
            guard isLeft else { return }
            destinations.nngp?.diagonal?[row] = Scalar(profile.nngp)
            destinations.ntk?.diagonal?[row] = Scalar(profile.ntk)
            if isSymmetric {
                let index = row * columns + row
                destinations.nngp?.store(PairEntry(own: profile.nngp), at: index)
                destinations.ntk?.store(PairEntry(own: profile.ntk), at: index)
            }
        }
        try counter.run(pairs, progress, isCancelled) { index throws(KernelError) in
            let (i, j) = isSymmetric ? strictPair(index) : (index / columns, index % columns)
            let (x, y) = (leftProfiles[i], rightProfiles[j])
            let state = try pass(i, j, x, y, isCancelled)
            let nngp = PairEntry(
                left: x.nngp, right: y.nngp, value: state.covariances[0], squaredDistance: state.distances[0])
            let ntk = PairEntry(
                left: x.ntk, right: y.ntk, value: state.tangents[0],
                squaredDistance: max(0, x.ntk + y.ntk - 2 * state.tangents[0]))
            for place in isSymmetric ? [i * columns + j, j * columns + i] : [i * columns + j] {
                destinations.nngp?.store(nngp, at: place)
                destinations.ntk?.store(ntk, at: place)
            }
        }
    }

    /// An image with itself; fills its profile.
    private func pass<Scalar: KernelScalar>(
        _ rows: ImageRows, _ row: Int, _ profile: ImageProfile, _ precision: Scalar.Type, _ isCancelled: () -> Bool
    ) throws(KernelError) {
        let image = rows.images[row]
        var state = PairState(image, image, channels: network.channels, isDiagonal: !network.startsWithAllPairs)
        try withoutActuallyEscaping(isCancelled) { isCancelled throws(KernelError) in
            try TensorPass(left: profile, right: profile, isSelf: true, isCancelled: isCancelled).run(network.steps, &state)
        }
        (profile.nngp, profile.ntk) = (state.left[0], state.tangents[0])
        for (kind, value) in [(KernelKind.nngp, profile.nngp), (.ntk, profile.ntk)] where !Scalar(value).isFinite {
            let last = network.steps.count - 1
            throw .overflow(kind, rows.input, row: row, layer: last, name: network.steps[last].name)
        }
    }

    private func pass(
        _ i: Int, _ j: Int, _ x: ImageProfile, _ y: ImageProfile, _ isCancelled: () -> Bool
    ) throws(KernelError) -> PairState {
        var state = PairState(
            left.images[i], right.images[j], channels: network.channels, isDiagonal: !network.startsWithAllPairs)
        try withoutActuallyEscaping(isCancelled) { isCancelled throws(KernelError) in
            try TensorPass(left: x, right: y, isSelf: false, isCancelled: isCancelled).run(network.steps, &state)
        }
        return state
    }
}

extension PairEntry {
    /// A sample with itself.
    init(own value: Double) { self.init(left: value, right: value, value: value, squaredDistance: 0) }
}

/// The pair i < j of number `index` in the order (0,1), (0,2), (1,2), (0,3), ...
func strictPair(_ index: Int) -> (Int, Int) {
    var j = Int((0.5 + (0.25 + 2 * Double(index)).squareRoot()).rounded(.down))
    while j * (j - 1) / 2 > index { j -= 1 }
    while j * (j + 1) / 2 <= index { j += 1 }
    return (index - j * (j - 1) / 2, j)
}
