/// The nonlinearities of dense stacks on pairs of positions: each row of the tensor is a strip of such a stack, with the
/// positions in place of the rows of the inputs.
extension TensorPass {
    func apply(_ map: any LayerMap, _ step: SpatialStep, _ state: inout PairState) throws(KernelError) {
        if isSelf { try left.check(state.left, before: step, map) }
        let map = adapted(map, to: state)
        let rows = Coefficients(map, state.left), columns = Coefficients(map, state.right)
        let after = variances(after: step) { rows.images.map { $0 * $0 } }
        let strip = Strip(map, rows, columns)
        let (n, isDiagonal) = (state.positions, state.isDiagonal)
        state.distances.withUnsafeMutableBufferPointer { distances in
            state.tangents.withUnsafeMutableBufferPointer { tangents in
                for i in 0..<n {
                    let pairs = isDiagonal ? i..<(i + 1) : (i * n)..<((i + 1) * n)
                    strip.run(
                        row: i, from: isDiagonal ? i : 0, UnsafeMutableBufferPointer(rebasing: distances[pairs]),
                        UnsafeMutableBufferPointer(rebasing: tangents[pairs]))
                }
            }
        }
        (state.left, state.right) = after
    }

    /// What is integrated takes the rule for the largest deviation of both images, so a pair's rule is that of one of them.
    private func adapted(_ map: any LayerMap, to state: PairState) -> any LayerMap {
        guard let adaptive = map as? any AdaptiveMap else { return map }
        let largest = (state.left + state.right).reduce(0, max).squareRoot()
        let fitted = adaptive.fitted(upTo: largest)
        if isSelf { left.quadratureError = max(left.quadratureError ?? 0, fitted.estimatedError) }
        return fitted
    }
}

/// A nonlinearity on one position of the first image against consecutive ones of the second.
private struct Strip {
    private let map: any LayerMap
    private let rows: Coefficients
    private let columns: Coefficients
    private let constants: [Double]

    init(_ map: any LayerMap, _ rows: Coefficients, _ columns: Coefficients) {
        (self.map, self.rows, self.columns) = (map, rows, columns)
        constants = map.constants + [0]
    }

    /// From e and Θ to half chords and Θ over both deviations, in place, through the loop, and back.
    func run(
        row: Int, from first: Int, _ distances: UnsafeMutableBufferPointer<Double>,
        _ tangents: UnsafeMutableBufferPointer<Double>
    ) {
        let count = distances.count
        let (s, inverse) = (rows.deviations[row], rows.inverses[row])
        guard let fold = distances.baseAddress, let tangent = tangents.baseAddress else { return }
        columns.deviations.withUnsafeBufferPointer { deviations in
            columns.inverses.withUnsafeBufferPointer { inverses in
                for k in 0..<count {
                    let (t, scale) = (deviations[first + k], inverse * inverses[first + k])
                    // A position without variance has angle pi/2 with everything.
                    let near = scale > 0 ? max(0, (fold[k] - (s - t) * (s - t)) * scale / 4) : 0.5
                    let far = max(0, 1 - near)
                    fold[k] = near <= far ? near : -far
                    tangent[k] *= scale
                }
            }
        }
        if let loop = map.loop { run(loop, row: row, from: first, count: count, fold: fold, tangent: tangent) }
        let image = rows.images[row]
        columns.images.withUnsafeBufferPointer { images in
            for k in 0..<count {
                let other = images[first + k]
                fold[k] = Chord.distance(fold: fold[k], image, other)
                tangent[k] *= image * other
            }
        }
    }

    private func run(
        _ loop: PairLoop, row: Int, from first: Int, count: Int, fold: UnsafeMutablePointer<Double>,
        tangent: UnsafeMutablePointer<Double>
    ) {
        columns.byColumn.withUnsafeBufferPointer { byColumn in
            rows.byRow.withUnsafeBufferPointer { byRow in
                guard let column = byColumn.baseAddress, let own = byRow.baseAddress else { return }
                Double.run(
                    loop, constants: constants, row: own + row * map.coefficientCount, columns: column + first,
                    stride: columns.deviations.count, count: count, fold: fold, tangent: tangent)
            }
        }
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
    /// 1/deviation, 0 where there is none.
    let inverses: [Double]
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
        inverses = before.map { $0 > 0 ? 1 / $0 : 0 }
        images = after
        byRow = rows
        byColumn = columns
    }
}
