import Dispatch
import LinearAlgebra

/// What a computation achieves.
public struct KernelRun: Sendable, Equatable {
    /// The largest estimated error of a nonlinearity that is integrated, over its layers: relative to √(K_ii K_jj) after the
    /// layer, and for the NTK to the diagonal of its factor; where a layer is tabulated, with the largest difference of its
    /// tables from the quadrature added. Nil where every layer has a closed form. The rules and the tables aim at 1e-11 each;
    /// more than 1e-10 means that the variances are beyond the finest one.
    public let quadratureError: Double?
}

extension DenseStack {
    /// Both kernels of the network on the rows of x1 [n1, d] and x2 [n2, d] (nil: on x1 with itself, a symmetric matrix
    /// bit for bit), in one pass over the pairs, written straight to `destinations`.
    ///
    /// Time O(n1 n2 (d + layers)), half of it for a symmetric kernel; memory beyond the results O((n1 + n2) d).
    /// Measured against 50 digits for ReLU at depths 3 and 30: relative error up to 5e-15 in float64 and 4e-7 in float32, also
    /// for rows that nearly coincide.
    ///
    /// - Parameters:
    ///   - threads: how many tiles are worked on at once (OpenBLAS itself is set to one thread).
    ///   - progress: completed and total tiles; called from any thread, one call at a time, in order.
    ///   - report: called once, before the first tile, with what the run will achieve.
    ///   - isCancelled: asked before every tile (at most 256² pairs), from any thread.
    /// - Throws: ``KernelError``. The destinations then hold an unspecified part of the results.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func compute<Scalar: KernelScalar>(
        x1: MatrixView<Scalar>, x2: MatrixView<Scalar>? = nil, into destinations: KernelDestinations<Scalar>, threads: Int = 1,
        report: (KernelRun) -> Void = { _ in }, progress: @Sendable (Int, Int) -> Void = { _, _ in },
        isCancelled: @Sendable () -> Bool = { false }
    ) throws(KernelError) {
        try check(x1, .x1)
        if let x2 { try check(x2, .x2) }
        let job = try prepare(x1, x2, destinations, threads: threads, isCancelled: isCancelled)
        report(KernelRun(quadratureError: job.program.quadratureError))
        if let diagonal = destinations.nngp?.diagonal { diagonal.update(from: job.leftDiagonals.nngp, count: x1.rows) }
        if let diagonal = destinations.ntk?.diagonal { diagonal.update(from: job.leftDiagonals.ntk, count: x1.rows) }

        let schedule = TileSchedule(
            rows: job.left.count, columns: job.right.count, symmetric: job.isSymmetric, threads: max(1, threads),
            layers: steps.count, coefficients: job.tables == nil ? job.program.coefficientCount : 0)
        let pages = DestinationPages(
            destinations, rows: job.left.count, columns: job.right.count, layers: steps.count, band: schedule.side)
        BLASThreads.callersAreParallel()
        let workers = max(1, min(threads, schedule.tiles.count))
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            let worker = StripWorker(job, side: schedule.side)
            while let tile = schedule.take() {
                if isCancelled() {
                    schedule.stop()
                    return
                }
                pages.prepare(row: tile.rows.lowerBound)
                if job.isSymmetric { pages.prepare(row: tile.columns.lowerBound) }
                worker.compute(tile)
                schedule.finish(progress)
            }
        }
        if schedule.wasStopped { throw .cancelled }
    }

    private func check<Scalar>(_ view: MatrixView<Scalar>, _ input: KernelError.Input) throws(KernelError) {
        guard view.columns == inputDimension else {
            throw .inputDimension(input, found: view.columns, expected: inputDimension)
        }
    }

    private func prepare<Scalar: KernelScalar>(
        _ x1: MatrixView<Scalar>, _ x2: MatrixView<Scalar>?, _ destinations: KernelDestinations<Scalar>,
        threads: Int, isCancelled: @Sendable () -> Bool
    ) throws(KernelError) -> KernelJob<Scalar> {
        let left = try NormalizedRows(x1, as: .x1, threads: threads, isCancelled: isCancelled)
        let right = if let x2 { try NormalizedRows(x2, as: .x2, threads: threads, isCancelled: isCancelled) } else { left }
        let pairs = x2 == nil ? left.count * (left.count + 1) / 2 : left.count * right.count
        let program = Program<Scalar>(
            StepAdaptation.adapted(
                steps, to: right === left ? [left] : [left, right], pairs: pairs, isCancelled: isCancelled))
        func diagonals(_ rows: NormalizedRows<Scalar>, _ input: KernelError.Input) throws(KernelError) -> Diagonals<Scalar> {
            try Diagonals(
                rows, of: input, program: program, block: 64, withNTK: destinations.ntk != nil, isCancelled: isCancelled)
        }
        let leftDiagonals = try diagonals(left, .x1)
        return KernelJob(
            program: program, left: left, right: right, tables: SharedTables(program, left: left, right: right), leftDiagonals: leftDiagonals,
            rightDiagonals: x2 == nil ? leftDiagonals : try diagonals(right, .x2), isSymmetric: x2 == nil,
            destinations: destinations)
    }
}
