/// What is computed of a network, array by array.
public enum KernelQuantity: Sendable, Hashable, CaseIterable {
    case ntk
    /// The contributions of the trainable layers to the NTK, one kernel after another.
    case layers
    case nngp
    /// Outputs of x1.
    case outputs
    /// Θ(x, x) and |f(x)|², by the mode's outputs that pair with themselves; of x1 and of x2.
    case ntkDiagonal, ntkColumnDiagonal, nngpDiagonal, nngpColumnDiagonal
    /// Θ v for the vectors asked for.
    case products
}

/// One network's numbers, by quantity.
public typealias KernelNumbers<Scalar> = [KernelQuantity: [Scalar]]

/// Mean and standard error of several networks' numbers, added in their order (Welford's recurrence), so that neither depends
/// on the threads that computed them.
public struct KernelMoments: Sendable {
    public private(set) var mean: KernelNumbers<Double> = [:]
    private var squares: KernelNumbers<Double> = [:]
    public private(set) var count = 0

    init() {}

    mutating func add<Scalar: NetworkScalar>(_ numbers: KernelNumbers<Scalar>) {
        count += 1
        for (quantity, values) in numbers {
            var mean = mean.removeValue(forKey: quantity) ?? [Double](repeating: 0, count: values.count)
            var squares = squares.removeValue(forKey: quantity) ?? [Double](repeating: 0, count: values.count)
            for i in values.indices {
                let difference = Double(values[i]) - mean[i]
                mean[i] += difference / Double(count)
                squares[i] += difference * (Double(values[i]) - mean[i])
            }
            self.mean[quantity] = mean
            self.squares[quantity] = squares
        }
    }

    /// √(unbiased variance / count); nil for fewer than two networks.
    public func standardError(of quantity: KernelQuantity) -> [Double]? {
        guard count > 1 else { return nil }
        return squares[quantity]?.map { ($0 / Double(count - 1) / Double(count)).squareRoot() }
    }
}
