import Synchronization

extension EmpiricalKernel {
    /// How many numbers a quantity has.
    public func count(of quantity: KernelQuantity) -> Int {
        let (k, planes) = (network.outputCount, mode.planes(of: network.outputCount))
        return switch quantity {
        case .ntk, .nngp: planes * rows * columns
        case .layers: Self.layers(of: network).count * planes * rows * columns
        case .outputs: rows * k
        case .ntkDiagonal, .nngpDiagonal: rows
        case .ntkColumnDiagonal, .nngpColumnDiagonal: columns
        case .products: vectors.count / max(1, columns * k) * rows * k
        }
    }

    /// The numbers of one network.
    ///
    /// - Throws: `CancellationError`.
    public func numbers(
        _ wanted: Set<KernelQuantity>, _ parameters: [Scalar], threads: Int, progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(CancellationError) -> KernelNumbers<Scalar> {
        let memory = Dictionary(
            uniqueKeysWithValues: wanted.map { quantity in
                let values = UnsafeMutableBufferPointer<Scalar>.allocate(capacity: max(1, count(of: quantity)))
                values.initialize(repeating: 0)
                return (quantity, values)
            })
        defer { for values in memory.values { values.deallocate() } }
        try compute(
            parameters, into: memory.compactMapValues(\.baseAddress), threads: threads, progress: progress, isCancelled: isCancelled)
        return Dictionary(uniqueKeysWithValues: memory.map { ($0, Array($1.prefix(count(of: $0)))) })
    }

    /// Mean and standard error over several networks, as many at once as there are threads.
    ///
    /// - Parameters:
    ///   - parameters: of network 0, 1, ...
    ///   - progress: completed and all networks.
    /// - Throws: `CancellationError`.
    public func moments(
        _ wanted: Set<KernelQuantity>, networks: Int, threads: Int, parameters: @Sendable (Int) -> [Scalar],
        progress: @Sendable (Int, Int) -> Void = { _, _ in }, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(CancellationError) -> KernelMoments {
        let work = KernelWork(threads: threads, isCancelled: isCancelled)
        var moments = KernelMoments()
        for first in stride(from: 0, to: networks, by: work.threads) {
            let wave = min(work.threads, networks - first)
            let results = Mutex([KernelNumbers<Scalar>?](repeating: nil, count: wave))
            try work.run(wave) {} _: { _, index in
                // A cancelled network leaves no numbers.
                let numbers = try? numbers(wanted, parameters(first + index), threads: 1, isCancelled: isCancelled)
                results.withLock { $0[index] = numbers }
            }
            for numbers in results.withLock({ $0 }) {
                guard let numbers else { throw CancellationError() }
                moments.add(numbers)
            }
            progress(first + wave, networks)
        }
        return moments
    }
}
