/// The kernels of one pair of images between two layers.
///
/// Not the covariance c is carried but the squared distance e = p + q − 2c of the two pre-activations, beside the variances
/// p and q: a kinked nonlinearity needs the angle, and near the diagonal the covariance has lost it (reference: the ReLU
/// NTK then keeps only half its digits).
struct PairState: Sendable {
    var positions: Int
    /// Whether only pairs of equal positions are kept: [positions] rather than [positions, positions].
    var isDiagonal: Bool
    /// e; the row is the position in the first image.
    var distances: [Double]
    /// Θ.
    var tangents: [Double]
    /// p and q at each position.
    var left: [Double]
    var right: [Double]

    /// How many elements `distances` and `tangents` have.
    var count: Int { isDiagonal ? positions : positions * positions }

    /// The start of the recursion: |x_i − y_j|²/channels, from the difference of the pixels.
    init(_ x: [Double], _ y: [Double], channels: Int, isDiagonal: Bool) {
        let positions = x.count / channels
        self.positions = positions
        self.isDiagonal = isDiagonal
        let scale = 1 / Double(channels)
        func variances(_ image: [Double]) -> [Double] {
            (0..<positions).map { i in
                image[(i * channels)..<((i + 1) * channels)].reduce(0) { $0 + $1 * $1 } * scale
            }
        }
        left = variances(x)
        right = variances(y)
        let count = isDiagonal ? positions : positions * positions
        tangents = [Double](repeating: 0, count: count)
        distances = [Double](unsafeUninitializedCapacity: count) { target, initialized in
            for i in 0..<positions {
                for j in isDiagonal ? i..<(i + 1) : 0..<positions {
                    var sum = 0.0
                    for k in 0..<channels {
                        let step = x[i * channels + k] - y[j * channels + k]
                        sum += step * step
                    }
                    target[isDiagonal ? i : i * positions + j] = sum * scale
                }
            }
            initialized = count
        }
    }

    /// A pair of vectors.
    init(distance: Double, tangent: Double, left: Double, right: Double) {
        positions = 1
        isDiagonal = true
        (distances, tangents, self.left, self.right) = ([distance], [tangent], [left], [right])
    }

    /// A vector with itself, of which only the variance is known.
    init(known variance: Double) { self.init(distance: 0, tangent: 0, left: variance, right: variance) }

    /// Keeps equal positions only.
    mutating func restrict() {
        guard !isDiagonal else { return }
        distances = (0..<positions).map { distances[$0 * (positions + 1)] }
        tangents = (0..<positions).map { tangents[$0 * (positions + 1)] }
        isDiagonal = true
    }

    /// c, in the layout of the distances.
    var covariances: [Double] {
        var result = distances
        for i in 0..<positions {
            if isDiagonal {
                result[i] = (left[i] + right[i] - distances[i]) / 2
            } else {
                let base = i * positions
                for j in 0..<positions { result[base + j] = (left[i] + right[j] - distances[base + j]) / 2 }
            }
        }
        return result
    }

    /// Sets p, q and the distances that belong to covariances. A sample's distance to itself is exactly zero.
    mutating func set(covariances: [Double], left: [Double], right: [Double], isSelf: Bool) {
        self.left = left
        self.right = right
        distances = covariances
        for i in 0..<positions {
            if isDiagonal {
                distances[i] = isSelf ? 0 : max(0, left[i] + right[i] - 2 * covariances[i])
            } else {
                let base = i * positions
                for j in 0..<positions { distances[base + j] = max(0, left[i] + right[j] - 2 * covariances[base + j]) }
                if isSelf { distances[base + i] = 0 }
            }
        }
    }
}
