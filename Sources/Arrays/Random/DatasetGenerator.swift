/// Datasets made from a seed: the same bits on every machine.
///
/// Element (i, j) of the inputs is drawn at the counter i · features + j of stream 0, weight j of a teacher at j of stream 1,
/// and the noise ε_i, standard normal, at i of stream 2 (see ``CounterRandom``). σ is `noise`, d is `features`, n is `rows`.
public struct DatasetGenerator: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// x_ij ~ N(0, 1); y_i = Σ_j w_j x_ij + σ ε_i with a linear teacher w_j ~ N(0, 1/d), so that y has unit variance.
        case gaussian
        /// x_i uniform on the unit sphere of d dimensions (a normal vector divided by its norm); y_i = Σ_j w_j x_ij + σ ε_i with
        /// w_j ~ N(0, 1), so that y has unit variance. d is at least 2.
        case sphere
        /// x_ij uniform on [-π, π]; y_i = (1/d) Σ_j sin x_ij + σ ε_i.
        case sine
        /// n points at equal angles on the unit circle, θ_i = 2πi/n, x_i = (cos θ_i, sin θ_i), d = 2;
        /// y_i = cos θ_i sin θ_i + σ ε_i: the target of Jacot, Gabriel and Hongler, "Neural tangent kernel" (2018), section 6.
        case circle
        /// Two points on the line: x = (-3, 0.5), y = (2, -1). n = 2, d = 1, no noise; the seed changes nothing.
        case twoPoints = "two_points"
    }

    public let kind: Kind
    public let rows: Int
    public let features: Int
    public let seed: UInt64
    /// The standard deviation of the noise on the targets.
    public let noise: Double

    /// - Parameters:
    ///   - rows: nil only for `two_points`.
    ///   - features: nil means the one number that the kind allows, or 1.
    /// - Throws: `invalidValue` for numbers that the kind does not allow.
    public init(_ kind: Kind, rows: Int?, features: Int? = nil, seed: UInt64 = 0, noise: Double = 0) throws(ArrayError) {
        let required: Int? = kind == .twoPoints ? 1 : kind == .circle ? 2 : nil
        let features = features ?? required ?? (kind == .sphere ? 2 : 1)
        let rows = rows ?? (kind == .twoPoints ? 2 : 0)
        func refuse(_ what: String) -> ArrayError { ArrayError(.invalidValue, "the generator \(kind.rawValue) \(what)") }
        guard rows >= 1 else { throw refuse("was asked for \(rows) rows; ask for at least 1") }
        if let required, features != required { throw refuse("has \(required) features and not \(features); leave features out") }
        guard features >= (kind == .sphere ? 2 : 1) else {
            throw refuse("was asked for \(features) features; ask for at least \(kind == .sphere ? 2 : 1)")
        }
        guard noise >= 0, noise.isFinite else { throw refuse("was given the noise \(noise); give a standard deviation, 0 or more") }
        if kind == .twoPoints {
            guard rows == 2 else { throw refuse("has 2 rows and not \(rows); leave rows out") }
            guard noise == 0 else { throw refuse("has no noise; leave noise out") }
        }
        _ = try ArrayShape([rows, features])
        (self.kind, self.rows, self.features, self.seed, self.noise) = (kind, rows, features, seed, noise)
    }

    /// Writes the inputs [rows, features] and the targets [rows, 1], float64, as new .npy files.
    /// - Throws: `storageFull`, `inputOutput`; nothing is left behind then.
    /// - Complexity: O(rows · features); memory is one row.
    public func write(inputs inputPath: String, targets targetPath: String) throws(ArrayError) {
        let inputs = try ArrayFile(path: inputPath, shape: ArrayShape([rows, features]), elementType: .float64)
        let targets = try ArrayFile(path: targetPath, shape: ArrayShape([rows, 1]), elementType: .float64)
        fill(inputs.bytes.bindMemory(to: Double.self), targets.bytes.bindMemory(to: Double.self))
        try ArrayFile.finish(inputs, targets)
    }

    /// Fills `inputs`, [rows, features] in C order, and `targets`, [rows].
    func fill(_ inputs: UnsafeMutableBufferPointer<Double>, _ targets: UnsafeMutableBufferPointer<Double>) {
        let random = CounterRandom(seed: seed, stream: 0)
        let teacher = teacherWeights()
        let errors = CounterRandom(seed: seed, stream: 2)
        for i in 0..<rows {
            let x = UnsafeMutableBufferPointer(rebasing: inputs[i * features..<(i + 1) * features])
            let first = UInt64(i * features)
            var y = 0.0
            switch kind {
            case .gaussian:
                for j in 0..<features { x[j] = random.normal(at: first + UInt64(j)) }
                for j in 0..<features { y += teacher[j] * x[j] }
            case .sphere:
                var square = 0.0
                for j in 0..<features {
                    x[j] = random.normal(at: first + UInt64(j))
                    square += x[j] * x[j]
                }
                for j in 0..<features { x[j] /= square.squareRoot() }
                for j in 0..<features { y += teacher[j] * x[j] }
            case .sine:
                for j in 0..<features {
                    let turns = random.uniform(at: first + UInt64(j)) - 0.5
                    x[j] = turns * 6.283185307179586
                    y += PortableMath.circle(turns: turns).sine
                }
                y /= Double(features)
            case .circle:
                (x[0], x[1]) = PortableMath.circle(turns: Double(i) / Double(rows))
                y = x[0] * x[1]
            case .twoPoints:
                x[0] = i == 0 ? -3 : 0.5
                y = i == 0 ? 2 : -1
            }
            targets[i] = noise == 0 ? y : y + noise * errors.normal(at: UInt64(i))
        }
    }

    private func teacherWeights() -> [Double] {
        guard kind == .gaussian || kind == .sphere else { return [] }
        let random = CounterRandom(seed: seed, stream: 1)
        let scale = kind == .gaussian ? 1 / Double(features).squareRoot() : 1
        return (0..<features).map { scale * random.normal(at: UInt64($0)) }
    }
}
