import Foundation

/// One entry of a kernel with the diagonal entries of its two images: enough for the kernel and its geometry.
struct PairEntry {
    /// Diagonal entries; NaN where they were not asked for.
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
    func store(_ entry: PairEntry, at index: Int) {
        if let kernel { kernel[index] = Scalar(entry.value) }
        if let cosine { cosine[index] = Scalar(entry.cosine) }
        if let angle { angle[index] = Scalar(entry.angle) }
        if let distance { distance[index] = Scalar(entry.distance) }
    }
}
