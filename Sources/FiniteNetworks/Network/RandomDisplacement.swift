import Arrays

extension FiniteNetwork {
    /// The stream of the numbers of displacements: between those of data and those of networks.
    static let displacementStream: UInt64 = 1 << 31

    /// A displacement of the trainable parameters in a direction that is uniform on the sphere, of the given norm; zero for
    /// frozen ones. The same numbers for a seed on every machine. O(parameters).
    public func randomDisplacement(seed: UInt64, norm: Double) -> [Double] {
        let random = CounterRandom(seed: seed, stream: Self.displacementStream)
        var displacement = [Double](repeating: 0, count: parameterCount)
        for range in trainableRanges { for i in range { displacement[i] = random.normal(at: UInt64(i)) } }
        let length = displacement.norm(over: trainableRanges)
        return displacement.map { length > 0 ? $0 * (norm / length) : 0 }
    }
}

extension [Double] {
    /// The 2-norm of the elements in these ranges.
    public func norm(over ranges: [Range<Int>]) -> Double {
        ranges.reduce(0) { sum, range in self[range].reduce(sum) { $0 + $1 * $1 } }.squareRoot()
    }
}
