import Foundation

/// One entry of a kernel with the diagonal entries of its two images: enough for the kernel and its geometry.
struct PairEntry {
    let left: Double
    let right: Double
    let value: Double
    /// left + right − 2 value, with all the digits the recursion has.
    let squaredDistance: Double

    var distance: Double { squaredDistance.squareRoot() }

    var cosine: Double {
        guard left > 0, right > 0 else { return 0 }
        let fold = Chord.fold(distance: squaredDistance, left.squareRoot(), right.squareRoot())
        return fold.sign == .plus ? 1 - 2 * fold : -(1 + 2 * fold)
    }

    var angle: Double {
        guard left > 0, right > 0 else { return .pi / 2 }
        let fold = Chord.fold(distance: squaredDistance, left.squareRoot(), right.squareRoot())
        let arc = 2 * asin(fold.magnitude.squareRoot())
        return fold.sign == .plus ? arc : .pi - arc
    }
}

extension KernelArrays {
    /// Whether results need the kernels of images with themselves.
    var wantsOwn: Bool { wantsGeometry || diagonal != nil }

    func store(_ entry: PairEntry, at index: Int) {
        if let kernel { kernel[index] = Scalar(entry.value) }
        if let cosine { cosine[index] = Scalar(entry.cosine) }
        if let angle { angle[index] = Scalar(entry.angle) }
        if let distance { distance[index] = Scalar(entry.distance) }
    }
}

extension KernelDestinations {
    /// Stores an image of x1 with itself: the diagonals, and of a symmetric kernel the diagonal entry.
    func storeOwn(_ profile: ImageProfile, row: Int, columns: Int, isSymmetric: Bool) {
        for (arrays, value) in [(nngp, profile.nngp), (ntk, profile.ntk)] {
            arrays?.diagonal?[row] = Scalar(value)
            guard isSymmetric else { continue }
            arrays?.store(PairEntry(left: value, right: value, value: value, squaredDistance: 0), at: row * columns + row)
        }
    }

    /// Stores a pair, and of a symmetric kernel its mirror image.
    func store(
        _ end: PairState, _ x: ImageProfile, _ y: ImageProfile, _ i: Int, _ j: Int, columns: Int, isSymmetric: Bool
    ) {
        let tangent = end.tangents[0]
        let covariance = PairEntry(
            left: x.nngp, right: y.nngp, value: end.covariances[0], squaredDistance: max(0, end.distances[0]))
        let entry = PairEntry(
            left: x.ntk, right: y.ntk, value: tangent, squaredDistance: max(0, x.ntk + y.ntk - 2 * tangent))
        nngp?.store(covariance, at: i * columns + j)
        ntk?.store(entry, at: i * columns + j)
        guard isSymmetric else { return }
        nngp?.store(covariance, at: j * columns + i)
        ntk?.store(entry, at: j * columns + i)
    }
}
