extension EmpiricalKernel {
    /// Θ v without Θ: Jᵀ v by backward passes over the columns' rows, then J (Jᵀ v) by tangent passes over x1.
    ///
    /// O((n1 + n2) P) for each vector, and memory for one gradient.
    /// - Parameter target: [vectors, n1, k]
    func addProducts(_ parameters: [Scalar], to target: UnsafeMutablePointer<Scalar>, _ work: KernelWork) throws(CancellationError) {
        let k = network.outputCount
        let tape = NetworkTape<Scalar>(network, capacity: plan.chunk)
        var (sum, part) = ([Scalar](repeating: 0, count: parameters.count), [Scalar](repeating: 0, count: parameters.count))
        for number in 0..<vectors.count / (columns * k) {
            for i in sum.indices { sum[i] = 0 }
            for first in stride(from: 0, to: columns, by: plan.chunk) {
                guard !work.isCancelled() else { throw CancellationError() }
                let count = min(plan.chunk, columns - first)
                forward(tape, x2 ?? x1, first..<first + count, parameters)
                let from = (number * columns + first) * k
                tape.backward(parameters, outputDelta: Array(vectors[from..<from + count * k]), gradient: &part)
                part.withUnsafeBufferPointer { part in
                    sum.withUnsafeMutableBufferPointer { sum in
                        guard let part = part.baseAddress, let sum = sum.baseAddress else { return }
                        Loops.add(part, into: sum, count: parameters.count)
                    }
                }
            }
            for first in stride(from: 0, to: rows, by: plan.chunk) {
                guard !work.isCancelled() else { throw CancellationError() }
                let count = min(plan.chunk, rows - first)
                forward(tape, x1, first..<first + count, parameters)
                let product = tape.pushForward(parameters, along: sum).first
                Loops.copy(product, into: target + (number * rows + first) * k, count: count * k)
            }
        }
    }

    private func forward(_ tape: NetworkTape<Scalar>, _ x: [Scalar], _ rows: Range<Int>, _ parameters: [Scalar]) {
        x.withUnsafeBufferPointer { x in
            guard let base = x.baseAddress else { return }
            tape.forward(parameters, base + rows.lowerBound * network.inputCount, count: rows.count)
        }
    }
}
