import LinearAlgebra

extension SpatialNetwork {
    /// Both kernels of the network on the rows of x1 and x2 (nil: x1 with itself, a symmetric matrix bit for bit), written
    /// straight to `destinations`, as ``DenseStack`` does. A row is an image in height, width, channel order.
    ///
    /// The slices after each layer (`KernelArrays.layers`) do not exist here, as a layer's kernel has positions: asking for
    /// them is a programming error.
    ///
    /// - Parameters:
    ///   - threads: how many pairs are worked on at once.
    ///   - report: called once, after each image with itself and before the first pair, with what the run will achieve.
    ///   - progress: completed and total steps of work; called from any thread, one call at a time, in order.
    ///   - isCancelled: asked before every layer of every pair, from any thread.
    /// - Throws: ``KernelError``. The destinations then hold an unspecified part of the results.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func compute<Scalar: KernelScalar>(
        x1: MatrixView<Scalar>, x2: MatrixView<Scalar>? = nil, into destinations: KernelDestinations<Scalar>,
        threads: Int = 1, report: (KernelRun) -> Void = { _ in }, progress: @Sendable (Int, Int) -> Void = { _, _ in },
        isCancelled: @Sendable () -> Bool = { false }
    ) throws(KernelError) {
        precondition(
            destinations.nngp?.layers == nil && destinations.ntk?.layers == nil,
            "a spatial network has no kernel matrix after each layer")
        let left = try ImageRows(x1, as: .x1, dimension: inputDimension)
        let right = if let x2 { try ImageRows(x2, as: .x2, dimension: inputDimension) } else { left }
        BLASThreads.callersAreParallel()
        guard left.images.count * right.images.count > 0 else { return report(KernelRun(quadratureError: nil)) }
        let isSymmetric = x2 == nil
        if let planes {
            if Scalar.self == Float.self,
                let job = PlaneJob<Float>(self, planes, left, right, isSymmetric: isSymmetric, threads: threads)
            {
                return try job.run(into: destinations, threads: threads, report: report, progress: progress, isCancelled: isCancelled)
            }
            if let job = PlaneJob<Double>(self, planes, left, right, isSymmetric: isSymmetric, threads: threads) {
                return try job.run(into: destinations, threads: threads, report: report, progress: progress, isCancelled: isCancelled)
            }
        }
        try TensorJob(network: self, left: left, right: right, isSymmetric: isSymmetric)
            .run(into: destinations, threads: threads, report: report, progress: progress, isCancelled: isCancelled)
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
