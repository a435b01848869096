import JSON
import Jobs

/// What a client posts to have something computed: read, checked, forecast and run by one type.
///
/// The same initialiser reads the client's document on the server and the stored specification in the worker, so the two
/// cannot come to mean different things.
protocol JobRequest: Sendable {
    /// Where it is posted; each path has a job kind of its own.
    static var endpoints: [JobEndpoint] { get }

    /// Reads and checks the document; every fault is recorded with its pointer.
    ///
    /// - Returns: nil where the reader has a fault.
    init?(_ reader: RequestReader) throws

    /// The request as understood, with its defaults filled in; shown in the result and read back by ``init(_:)``.
    var json: JSONValue { get }

    /// What the job grows with (rows of an input, parameters of a network) and what a client calls it.
    var size: (count: Int, name: String) { get }

    /// What the job would take if its ``size`` were `count`.
    func forecast(size count: Int, threads: Int) -> Forecast

    /// What else a client may do about a forecast beyond the limit, as part of a sentence: `leave "spectrum" out`.
    var advice: String? { get }

    /// Computes the result, in a worker.
    ///
    /// - Throws: A ``NumericalFailure`` for trouble with these numbers; `CancellationError`.
    func compute(_ context: JobContext) throws -> ComputationOutput
}

extension JobRequest {
    var advice: String? { nil }

    func forecast(threads: Int) -> Forecast { forecast(size: size.count, threads: threads) }

    /// Refuses the job if it would take more memory than one job may, and says what would fit.
    func check(_ forecast: Forecast, limit: Int, threads: Int) throws(Problem) {
        guard forecast.peakBytes > limit else { return }
        // The largest size for which the forecast stays within the limit, by bisection.
        var (fits, fails) = (0, size.count)
        while fails - fits > 1 {
            let middle = fits + (fails - fits) / 2
            if self.forecast(size: middle, threads: threads).peakBytes <= limit { fits = middle } else { fails = middle }
        }
        var mends = advice.map { [$0] } ?? []
        if fits > 0 { mends.insert("send at most \(fits) \(size.name)", at: 0) }
        let mend = (mends + ["start the server with a larger --memory-limit"]).joined(separator: ", or ")
        throw Problem(
            .outOfMemoryForecast, "The job would take \(forecast.peakBytes) bytes of memory; the limit is \(limit). Here \(mend).",
            members: [("forecast", forecast.json), ("memory_limit", .integer(limit)), ("largest_\(size.name)", .integer(fits))])
    }
}

/// A path that takes a kind of job.
struct JobEndpoint: Sendable {
    let path: String
    let kind: String
}

/// Every kind of job there is.
enum JobRequests {
    static let types: [any JobRequest.Type] = [
        KernelRequest.self, GraphKernelRequest.self, TrainingRequest.self, PredictionRequest.self, OutputFlowRequest.self,
        SelectionRequest.self, FieldRequest.self, SampleRequest.self,
        PhaseRequest.self, KernelAnalysisRequest.self, InfluenceRequest.self, PathKernelRequest.self,
        EmpiricalKernelRequest.self,
        LinearizationRequest.self,
    ]

    static func type(of kind: String) -> (any JobRequest.Type)? {
        types.first { $0.endpoints.contains { $0.kind == kind } }
    }
}
