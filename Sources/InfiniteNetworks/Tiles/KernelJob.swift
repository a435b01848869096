/// One computation: what every thread reads, and where all write.
///
/// `Sendable` through its parts: read-only rows, diagonals and program; destinations whose tiles do not overlap.
struct KernelJob<Scalar: KernelScalar>: Sendable {
    let program: Program<Scalar>
    let left: NormalizedRows<Scalar>
    let right: NormalizedRows<Scalar>
    /// Nil where each tile fills its own.
    let tables: SharedTables<Scalar>?
    let leftDiagonals: Diagonals<Scalar>
    let rightDiagonals: Diagonals<Scalar>
    let isSymmetric: Bool
    let destinations: KernelDestinations<Scalar>

    var outputs: SymmetricOutputs<Scalar> {
        SymmetricOutputs(count: left.count, layers: program.steps.count, destinations: destinations)
    }
}

/// The square results of a symmetric kernel, whose lower triangle is copied from the upper one.
struct SymmetricOutputs<Scalar: KernelScalar> {
    let count: Int
    let layers: Int
    let destinations: KernelDestinations<Scalar>

    /// Copies a finished tile to its place across the diagonal, while it is still in cache.
    ///
    /// - Parameter kernels: of the tile; nil where they stand in the results already.
    func mirror(_ tile: Tile, onDiagonal: Bool, kernels: TileKernels<Scalar>?) {
        for (arrays, kernel) in [(destinations.nngp, kernels?.nngp), (destinations.ntk, kernels?.ntk)] {
            guard let arrays else { continue }
            if let kernel, let array = arrays.kernel {
                write(kernel, stride: tile.columns.count, tile, into: array)
            } else if let array = arrays.kernel {
                mirror(array, tile, onDiagonal)
            }
            for array in [arrays.cosine, arrays.angle, arrays.distance].compactMap(\.self) { mirror(array, tile, onDiagonal) }
            if let slices = arrays.layers {
                for layer in 0..<layers { mirror(slices + layer * count * count, tile, onDiagonal) }
            }
        }
    }

    /// A tile that stands elsewhere to both of its places.
    private func write(_ source: UnsafePointer<Scalar>, stride: Int, _ tile: Tile, into array: UnsafeMutablePointer<Scalar>) {
        let (rows, columns) = (tile.rows, tile.columns)
        Scalar.place(
            source, stride: stride, rows: rows.count, columns: columns.count,
            into: array + rows.lowerBound * count + columns.lowerBound, stride: count)
        Scalar.transpose(
            source, stride: stride, rows: rows.count, columns: columns.count,
            into: array + columns.lowerBound * count + rows.lowerBound, stride: count)
    }

    private func mirror(_ array: UnsafeMutablePointer<Scalar>, _ tile: Tile, _ onDiagonal: Bool) {
        let source = array + tile.rows.lowerBound * count + tile.columns.lowerBound
        if onDiagonal {
            Scalar.mirror(source, stride: count, count: tile.rows.count)
        } else {
            Scalar.transpose(
                source, stride: count, rows: tile.rows.count, columns: tile.columns.count,
                into: array + tile.columns.lowerBound * count + tile.rows.lowerBound, stride: count)
        }
    }
}
