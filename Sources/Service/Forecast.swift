import JSON

/// What a job will take, said before it starts.
struct Forecast: Sendable, Equatable {
    /// Bytes of the result's arrays on disk.
    var resultBytes: Int
    /// Bytes of a worker's private memory at the peak. Results are written through shared maps of their files, whose pages the
    /// system writes back as it needs, so they do not count.
    var peakBytes: Int

    var json: JSONValue { ["result_bytes": .integer(resultBytes), "peak_bytes": .integer(peakBytes)] }

    /// What a worker process takes before it has any data: the program, the store's cache, BLAS's own buffers.
    static let processBytes = 64 << 20

    /// The sum of products that may be beyond an Int: then the largest Int, which no limit allows.
    static func product(_ factors: Int...) -> Int { product(of: factors) }

    static func product(of factors: [Int]) -> Int {
        factors.reduce(1) { product, factor in
            let (result, overflow) = product.multipliedReportingOverflow(by: factor)
            return overflow ? Int.max : result
        }
    }

    static func sum(_ terms: Int...) -> Int {
        terms.reduce(0) { sum, term in
            let (result, overflow) = sum.addingReportingOverflow(term)
            return overflow ? Int.max : result
        }
    }
}

extension KernelRequest {
    var size: (count: Int, name: String) { (rows, "rows") }
    var advice: String? { include.contains(.spectrum) ? "leave \"spectrum\" out" : nil }

    /// The forecast if x1 had `count` rows, and x2 no more.
    func forecast(size count: Int, threads: Int) -> Forecast {
        let n1 = count
        let n2 = x2.map { min($0.rows, count) }
        let size = precision == .float64 ? 8 : 4
        let matrix = Forecast.product(n1, n2 ?? n1, size)
        let matrices = 1 + [.cosine, .angle, .distance].filter(include.contains).count + (include.contains(.layers) ? stack.layerNames.count : 0)
        let vectors = (include.contains(.diagonal) ? n1 * size : 0) + (include.contains(.spectrum) ? n1 * 8 : 0)
        // The values as read, in float64, and the normalised copy in the precision of the job.
        let inputs = Forecast.product(n1 + (n2 ?? 0), x1.rowLength, 8 + size)
        let spectrum = include.contains(.spectrum) ? Forecast.product(n1, n1, 8) : 0
        let tiles = Forecast.product(threads, 4 << 20)
        return Forecast(
            resultBytes: Forecast.product(Forecast.sum(Forecast.product(matrices, matrix), vectors), kinds.count),
            peakBytes: Forecast.sum(Forecast.processBytes, inputs, spectrum, tiles))
    }
}
