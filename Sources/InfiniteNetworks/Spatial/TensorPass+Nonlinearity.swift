/// The nonlinearities of dense stacks on pairs of positions: each row of the tensor is a strip of such a stack, with the
/// positions in place of the rows of the inputs.
extension TensorPass {
    func apply(_ map: any LayerMap, _ step: SpatialStep, _ state: inout PairState) {
        let rows = Coefficients(map, state.left), columns = Coefficients(map, state.right)
        let after = variances(after: step) { rows.images.map { $0 * $0 } }
        var fold = [Double](repeating: 0, count: state.positions)
        var tangent = fold
        let constants = map.constants + [0]
        for i in 0..<state.positions {
            let first = state.isDiagonal ? i : 0
            let count = state.isDiagonal ? 1 : state.positions
            let base = state.isDiagonal ? i : i * state.positions
            let s = rows.deviations[i]
            for k in 0..<count {
                let t = columns.deviations[first + k]
                fold[k] = Chord.fold(distance: state.distances[base + k], s, t)
                let scale = s * t
                tangent[k] = scale > 0 ? state.tangents[base + k] / scale : 0
            }
            columns.byColumn.withUnsafeBufferPointer { byColumn in
                rows.byRow.withUnsafeBufferPointer { byRow in
                    guard let column = byColumn.baseAddress, let row = byRow.baseAddress else { return }
                    Double.run(
                        map.loop, constants: constants, row: row + i * map.coefficientCount, columns: column + first,
                        stride: state.positions, count: count, fold: &fold, tangent: &tangent)
                }
            }
            let image = rows.images[i]
            for k in 0..<count {
                let other = columns.images[first + k]
                state.distances[base + k] = Chord.distance(fold: fold[k], image, other)
                state.tangents[base + k] = image * other * tangent[k]
            }
        }
        (state.left, state.right) = after
    }
}

/// Between squared distances and the signed half chords of dense stacks (`CTangentSIMD.h`).
enum Chord {
    /// v = (e − (s − t)²)/(4 s t); between nothing and anything the angle is right.
    static func fold(distance: Double, _ s: Double, _ t: Double) -> Double {
        guard s > 0, t > 0 else { return 0.5 }
        let near = max(0, (distance - (s - t) * (s - t)) / (4 * s) / t)
        let far = max(0, 1 - near)
        return near <= far ? near : -far
    }

    static func distance(fold: Double, _ s: Double, _ t: Double) -> Double {
        let near = fold.sign == .plus ? fold : 1 + fold
        return (s - t) * (s - t) + 4 * s * t * near
    }
}

/// A nonlinearity's coefficients at the positions of one image, in both orders the loops read.
private struct Coefficients {
    let deviations: [Double]
    /// Deviations after the nonlinearity.
    let images: [Double]
    let byRow: [Double]
    let byColumn: [Double]

    init(_ map: any LayerMap, _ variances: [Double]) {
        let before = variances.map { $0.squareRoot() }
        let (n, width) = (variances.count, map.coefficientCount)
        // One more than needed, so that a map without coefficients still has an address.
        var rows = [Double](repeating: 0, count: n * width + 1)
        var columns = rows
        var after: [Double] = []
        withUnsafeTemporaryAllocation(of: Double.self, capacity: width + 1) { scratch in
            guard let base = scratch.baseAddress else { return }
            for i in 0..<n {
                after.append(map.image(of: before[i], coefficients: base))
                for k in 0..<width {
                    rows[i * width + k] = base[k]
                    columns[k * n + i] = base[k]
                }
            }
        }
        deviations = before
        images = after
        byRow = rows
        byColumn = columns
    }
}
