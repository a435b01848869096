import LinearAlgebra

/// One thread's way through a tile: the Gram block by BLAS, then each of its rows, as a strip that stays in the
/// first-level cache, through all layers and both kernels, and straight into the results.
final class StripWorker<Scalar: KernelScalar> {
    private let job: KernelJob<Scalar>
    private let byRow: RowTable<Scalar>
    private let byColumn: RowTable<Scalar>
    /// Where the tile's rows and columns begin in the tables.
    private var firstRow = 0
    private var firstColumn = 0
    private let gram: UnsafeMutablePointer<Scalar>
    private let state: StripState<Scalar>
    private let scale: UnsafeMutablePointer<Scalar>
    private let kernels: TileKernels<Scalar>?
    private let side: Int

    init(_ job: KernelJob<Scalar>, side: Int) {
        self.job = job
        self.side = side
        byRow = job.tables?.byRow ?? RowTable(steps: job.program.steps, capacity: side, layout: .rows)
        byColumn = job.tables?.byColumn ?? RowTable(steps: job.program.steps, capacity: side, layout: .columns)
        gram = .allocate(capacity: side * side)
        state = StripState(capacity: side)
        scale = .allocate(capacity: side)
        scale.initialize(repeating: 0, count: side)
        kernels = job.isSymmetric ? TileKernels(side: side) : nil
    }

    deinit {
        for buffer in [gram, scale] { buffer.deallocate() }
    }

    private var fold: UnsafeMutablePointer<Scalar> { state.fold }
    private var tangent: UnsafeMutablePointer<Scalar> { state.tangent }

    func compute(_ tile: Tile) {
        let (left, right) = (job.left, job.right)
        if job.tables != nil {
            (firstRow, firstColumn) = (tile.rows.lowerBound, tile.columns.lowerBound)
        } else {
            byRow.fill(left.deviations + tile.rows.lowerBound, count: tile.rows.count)
            byColumn.fill(right.deviations + tile.columns.lowerBound, count: tile.columns.count)
        }
        Scalar.multiply(
            left.unit(tile.rows.lowerBound), transposed: right.unit(tile.columns.lowerBound), into: gram,
            m: tile.rows.count, n: tile.columns.count, k: left.dimension,
            strides: (left.dimension, right.dimension, side))
        let onDiagonal = job.isSymmetric && tile.rows.lowerBound == tile.columns.lowerBound
        let kernels = onDiagonal ? nil : kernels
        for row in tile.rows.indices {
            let offset = row - tile.rows.lowerBound
            strip(row, offset, from: onDiagonal ? offset : 0, tile, kernels)
        }
        if job.isSymmetric { job.outputs.mirror(tile, onDiagonal: onDiagonal, kernels: kernels) }
    }

    /// Row `row` of the tile from column `first` of the tile on.
    ///
    /// - Parameter kernels: takes the kernels; nil: they go to the results.
    private func strip(_ row: Int, _ offset: Int, from first: Int, _ tile: Tile, _ kernels: TileKernels<Scalar>?) {
        let count = tile.columns.count - first
        let column = tile.columns.lowerBound + first
        start(row, gram + offset * side + first, column: column, count: count)
        let wantsNTK = job.destinations.ntk != nil
        if wantsNTK { tangent.initialize(repeating: 0, count: count) }
        let target = row * job.right.count + column
        let slice = job.left.count * job.right.count
        let (nngpLayers, ntkLayers) = (job.destinations.nngp?.layers, job.destinations.ntk?.layers)
        for step in job.program.operations.indices {
            state.run(
                job.program, step: step, row: firstRow + offset, of: byRow, columns: byColumn, from: firstColumn + first,
                count: count, same: job.isSymmetric && row == column ? 1 : 0, withNTK: wantsNTK)
            let (deviation, deviations) = deviations(after: step + 1, offset, first)
            if let nngpLayers {
                let out = nngpLayers + step * slice + target
                Scalar.covariance(row: deviation, columns: deviations, count: count, fold: fold, into: out)
            }
            if let ntkLayers {
                let out = ntkLayers + step * slice + target
                Scalar.scaled(row: deviation, columns: deviations, count: count, tangent: tangent, into: out)
            }
        }
        let start = offset * tile.columns.count
        finish(
            offset, first, row: row, column: column, count: count, target: target,
            nngp: kernels.map { $0.nngp + start } ?? job.destinations.nngp?.kernel.map { $0 + target },
            ntk: kernels.map { $0.ntk + start } ?? job.destinations.ntk?.kernel.map { $0 + target })
    }

    /// Of a row of the tile, and of its columns from `first` on, after a number of steps.
    private func deviations(after steps: Int, _ offset: Int, _ first: Int) -> (row: Scalar, columns: UnsafePointer<Scalar>) {
        (byRow.deviations(after: steps)[firstRow + offset], byColumn.deviations(after: steps) + firstColumn + first)
    }

    /// The half chords of the inputs: from the Gram row, and where that is ill-conditioned from the rows themselves.
    private func start(_ row: Int, _ cosines: UnsafePointer<Scalar>, column: Int, count: Int) {
        let (left, right) = (job.left, job.right)
        if Scalar.foldCosines(cosines, count: count, fold: fold) < Scalar.directChord, left.deviations[row] > 0 {
            for j in 0..<count where fold[j].magnitude < Scalar.directChord && right.deviations[column + j] > 0 {
                fold[j] = fold[j].sign == .plus
                    ? Scalar.nearChord(left.unit(row), right.unit(column + j), count: left.dimension)
                    : -Scalar.farChord(left.unit(row), right.unit(column + j), count: left.dimension)
            }
        }
    }

    private func finish(
        _ offset: Int, _ first: Int, row: Int, column: Int, count: Int, target: Int, nngp nngpKernel: UnsafeMutablePointer<Scalar>?,
        ntk ntkKernel: UnsafeMutablePointer<Scalar>?
    ) {
        let (deviation, deviations) = deviations(after: job.program.operations.count, offset, first)
        if let nngp = job.destinations.nngp {
            if nngp.kernel != nil, let nngpKernel {
                Scalar.covariance(row: deviation, columns: deviations, count: count, fold: fold, into: nngpKernel)
            }
            geometry(nngp, deviation, deviations, count: count, target: target)
        }
        if let ntk = job.destinations.ntk {
            if ntk.kernel != nil, let ntkKernel {
                Scalar.scaled(row: deviation, columns: deviations, count: count, tangent: tangent, into: ntkKernel)
            }
            if ntk.wantsGeometry {
                let (own, others) = (job.leftDiagonals.tangent[row], job.rightDiagonals.tangent + column)
                Scalar.foldScaled(row: own, columns: others, count: count, tangent: tangent, into: fold)
                // A row of zero variance has no direction, so the rounding of its T may fall on either side of 0.
                for j in 0..<count { scale[j] = deviations[j] * max(0, others[j]).squareRoot() }
                geometry(ntk, deviation * max(0, own).squareRoot(), scale, count: count, target: target)
            }
        }
    }

    private func geometry(
        _ arrays: KernelArrays<Scalar>, _ deviation: Scalar, _ deviations: UnsafePointer<Scalar>, count: Int, target: Int
    ) {
        if let cosine = arrays.cosine {
            Scalar.cosine(row: deviation, columns: deviations, count: count, fold: fold, into: cosine + target)
        }
        if let angle = arrays.angle {
            Scalar.angle(row: deviation, columns: deviations, count: count, fold: fold, into: angle + target)
        }
        if let distance = arrays.distance {
            Scalar.distance(row: deviation, columns: deviations, count: count, fold: fold, into: distance + target)
        }
    }
}
