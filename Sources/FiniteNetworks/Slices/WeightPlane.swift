import Arrays
import LinearAlgebra

/// A plane c + a d₁ + b d₂ in the space of a network's parameters.
public struct WeightPlane: Sendable {
    /// What a random direction has in common with the weights at the centre: the norm of each part. Without it a slice shows how large weights are and
    /// not how sharp a minimum is, as networks with rectifiers compute the same with other scales (Li et al., "Visualizing the loss landscape of neural
    /// nets", NeurIPS 2018, section 4).
    public enum Normalization: String, Sendable, CaseIterable {
        /// Of the weights and the bias into each unit or output channel.
        case filter
        /// Of each layer.
        case layer
        /// Of all parameters.
        case network
    }

    public let center: [Double]
    public let first: [Double]
    public let second: [Double]

    public init(center: [Double], first: [Double], second: [Double]) { (self.center, self.first, self.second) = (center, first, second) }

    /// The first stream of random directions, far from those of weights and data.
    static let firstStream: UInt64 = 3 << 32

    /// Two independent directions of standard normal numbers, scaled to the norms of the weights at the centre; parameters that are not trained stay.
    ///
    /// Parameter i of direction j is drawn at the counter i of stream 3·2³² + j (see `CounterRandom`).
    public static func random(_ network: FiniteNetwork, center: [Double], normalization: Normalization, seed: UInt64) -> WeightPlane {
        func direction(_ number: UInt64) -> [Double] {
            let random = CounterRandom(seed: seed, stream: firstStream + number)
            var direction = [Double](repeating: 0, count: center.count)
            for range in network.trainableRanges {
                for i in range { direction[i] = random.normal(at: UInt64(i)) }
            }
            for part in parts(network, normalization) {
                let (own, drawn) = (norm(center, part), norm(direction, part))
                for i in part { direction[i] *= drawn > 0 ? own / drawn : 0 }
            }
            return direction
        }
        return WeightPlane(center: center, first: direction(0), second: direction(1))
    }

    /// The parameters whose norms are taken together.
    private static func parts(_ network: FiniteNetwork, _ normalization: Normalization) -> [[Int]] {
        switch normalization {
        case .network: return [network.trainableRanges.flatMap { Array($0) }]
        case .layer: return network.trainableRanges.map { Array($0) }
        case .filter:
            return network.layers.filter(\.isTrainable).flatMap { layer in
                (0..<layer.fanOut).map { unit in
                    let weights = stride(from: layer.weight.lowerBound + unit, to: layer.weight.upperBound, by: layer.fanOut)
                    return Array(weights) + (layer.bias.map { [$0.lowerBound + unit] } ?? [])
                }
            }
        }
    }

    private static func norm(_ values: [Double], _ part: [Int]) -> Double {
        part.reduce(0) { $0 + values[$1] * values[$1] }.squareRoot()
    }

    // MARK: Principal directions

    /// A variance below this share of the largest is not told from rounding in the products that it comes from.
    static let rounding = 1e-10

    /// Two principal directions of a path, of norm 1 and orthogonal: eigenvectors of Σ_t (w_t − c)(w_t − c)ᵀ, from the Gram matrix of the path's
    /// T points in O(T² p + T³). Both point to where the path starts.
    ///
    /// - Parameters:
    ///   - path: The points of the path, [T, p].
    ///   - components: Which two: 1 is that of the largest variance, −1 the last that stands above rounding.
    /// - Returns: also the shares of the variance along each; their order is that of `components`.
    /// - Throws: ``LossSliceError/fewDirections(_:wanted:)`` where the path has not so many directions.
    public static func principal(
        path: [Double], center: [Double], components: (Int, Int), threads: Int = 1
    ) throws -> (plane: WeightPlane, shares: (Double, Double)) {
        let p = center.count
        let points = DenseMatrix(rows: p == 0 ? 0 : path.count / p, columns: p, values: path)
        for t in 0..<points.rows { for i in 0..<p { points[t, i] -= center[i] } }
        let gram = DenseMatrix(rows: points.rows, columns: points.rows)
        gram.setGram(points, threads: threads)
        let modes = try Eigendecomposition(overwriting: gram, threads: threads)
        let largest = modes.values.first ?? 0
        let rank = modes.values.prefix { largest > 0 && $0 > rounding * largest }.count
        func place(_ component: Int) -> Int { component > 0 ? component - 1 : rank + component }
        let places = (place(components.0), place(components.1))
        guard (0..<rank).contains(places.0), (0..<rank).contains(places.1), places.0 != places.1 else {
            throw LossSliceError.fewDirections(rank, wanted: [components.0, components.1])
        }
        func direction(_ place: Int, besides other: [Double]?) -> [Double] {
            let weights = DenseMatrix(MatrixView(UnsafePointer(modes.vectors.row(place)), rows: 1, columns: points.rows))
            var direction = DenseMatrix.product(weights, points, threads: threads).values
            // The products that the modes come from leave a part of the larger direction in the smaller one.
            if let other {
                let along = dot(direction, other)
                for i in 0..<p { direction[i] -= along * other[i] }
            }
            let start = (0..<p).reduce(0) { $0 + points[0, $1] * direction[$1] }
            let scale = (start < 0 ? -1 : 1) / dot(direction, direction).squareRoot()
            return direction.map { $0 * scale }
        }
        // The one with more variance is the one that is known better.
        let (large, small) = (min(places.0, places.1), max(places.0, places.1))
        let main = direction(large, besides: nil)
        let other = direction(small, besides: main)
        let isFirst = places.0 == large
        let total = modes.values.reduce(0) { $0 + max(0, $1) }
        return (
            WeightPlane(center: center, first: isFirst ? main : other, second: isFirst ? other : main),
            (modes.values[places.0] / total, modes.values[places.1] / total)
        )
    }

    // MARK: Coordinates

    /// ‖d₁‖, ‖d₂‖.
    public var norms: (Double, Double) { (Self.dot(first, first).squareRoot(), Self.dot(second, second).squareRoot()) }

    /// The cosine of the angle between the directions, in [-1, 1]; 0 where one of them has no length.
    public var cosine: Double {
        let (a, b) = norms
        guard a > 0 && b > 0 else { return 0 }
        // Rounding may carry it an ulp or two beyond 1.
        let ratio = Self.dot(first, second) / (a * b)
        return ratio > 1 ? 1 : ratio < -1 ? -1 : ratio
    }

    /// The coordinates of the point of the plane that is nearest to these parameters, where the directions are orthonormal.
    public func coordinates(of parameters: ArraySlice<Double>) -> (Double, Double) {
        let offsets = zip(parameters, center).map { $0 - $1 }
        return (Self.dot(offsets, first), Self.dot(offsets, second))
    }

    static func dot(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for i in a.indices { sum += a[i] * b[i] }
        return sum
    }
}

/// Why there is no slice through a loss.
public enum LossSliceError: Error, Equatable {
    /// The training has no end to look at.
    case diverged(step: Int, learningRateMax: Double?)
    /// The training's path has so many directions, and others were asked for.
    case fewDirections(Int, wanted: [Int])
}
