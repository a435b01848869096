import JSON

/// What a job will take, said before it starts.
struct Forecast: Sendable, Equatable {
    /// Bytes of the result's arrays on disk.
    var resultBytes: Int
    /// Bytes of a worker's private memory at the peak. Results are written through shared maps of their files, whose pages the
    /// system writes back as it needs, so they do not count.
    var peakBytes: Int
    /// Floating-point operations, to a factor of about two; nil where they are not counted.
    var operations: Double?

    var json: JSONValue {
        .object([
            "result_bytes": .integer(resultBytes), "peak_bytes": .integer(peakBytes), "operations": operations.map { .double($0.rounded()) },
        ])
    }

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

    /// A number of bytes that may be beyond an Int: then the largest Int.
    static func bytes(_ bytes: Double) -> Int { Int(exactly: bytes.rounded(.up)) ?? Int.max }

    static func sum(_ terms: Int...) -> Int {
        terms.reduce(0) { sum, term in
            let (result, overflow) = sum.addingReportingOverflow(term)
            return overflow ? Int.max : result
        }
    }
}
