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
    func forecast(threads: Int) -> Forecast { forecast(rows: rows, columns: x2?.rows, threads: threads) }

    /// The forecast if x1 had `rows` rows and x2 `columns` (nil: symmetric).
    func forecast(rows: Int, columns: Int?, threads: Int) -> Forecast {
        let size = precision == .float64 ? 8 : 4
        let n2 = columns ?? rows
        let matrix = Forecast.product(rows, n2, size)
        let matrices = 1 + [.cosine, .angle, .distance].filter(include.contains).count + (include.contains(.layers) ? stack.layerNames.count : 0)
        let vectors = (include.contains(.diagonal) ? rows * size : 0) + (include.contains(.spectrum) ? rows * 8 : 0)
        // The values as read, in float64, and the normalised copy in the precision of the job.
        let inputs = Forecast.product(rows + (columns ?? 0), x1.rowLength, 8 + size)
        let spectrum = include.contains(.spectrum) ? Forecast.product(rows, rows, 8) : 0
        let tiles = Forecast.product(threads, 4 << 20)
        return Forecast(
            resultBytes: Forecast.product(Forecast.sum(Forecast.product(matrices, matrix), vectors), kinds.count),
            peakBytes: Forecast.sum(Forecast.processBytes, inputs, spectrum, tiles))
    }

    /// Refuses the job if it would take more memory than one job may, and says what would fit.
    func check(_ forecast: Forecast, limit: Int, threads: Int) throws(Problem) {
        guard forecast.peakBytes > limit else { return }
        // The largest number of rows for which the forecast stays within the limit, by bisection.
        var (fits, fails) = (0, rows)
        while fails - fits > 1 {
            let middle = fits + (fails - fits) / 2
            let smaller = self.forecast(rows: middle, columns: x2.map { min($0.rows, middle) }, threads: threads)
            if smaller.peakBytes <= limit { fits = middle } else { fails = middle }
        }
        let mend =
            fits > 0
            ? "at most \(fits) rows fit; send fewer rows, leave \"spectrum\" out, or start the server with a larger --memory-limit"
            : "start the server with a larger --memory-limit"
        throw Problem(
            .outOfMemoryForecast, "The job would take \(forecast.peakBytes) bytes of memory; the limit is \(limit). Here \(mend).",
            members: [("forecast", forecast.json), ("memory_limit", .integer(limit)), ("largest_rows", .integer(fits))])
    }
}
