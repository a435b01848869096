extension EmpiricalKernel {
    /// The mean over outputs of Θ(x, x) for every row.
    func diagonal(of x: [Scalar], _ parameters: [Scalar], into target: UnsafeMutablePointer<Scalar>, _ work: KernelWork) throws(CancellationError) {
        let (count, k) = (x.count / network.inputCount, network.outputCount)
        for first in stride(from: 0, to: count, by: plan.chunk) {
            let chunk = first..<min(first + plan.chunk, count)
            for start in stride(from: 0, to: k, by: plan.outputs) {
                let held = try factors(x, chunk, start..<min(start + plan.outputs, k), parameters, work)
                for row in 0..<chunk.count {
                    let planes = KernelPlanes(start: target + first + row, rows: 1, columns: 1)
                    for layer in held.factors.indices {
                        try LayerProduct(held, row..<row + 1, held, row..<row + 1, layer: layer, .mean).add(to: planes, work: work)
                    }
                }
            }
        }
    }
}
