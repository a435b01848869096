import HTTPTypes

/// The stable codes of problem documents, each with its status and title; `docs/errors.md` explains them.
enum ProblemCode: String, Sendable, CaseIterable {
    case invalidRequest = "invalid_request"
    case invalidJSON = "invalid_json"
    case missingBody = "missing_body"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case notAcceptable = "not_acceptable"
    case requestTimeout = "request_timeout"
    case jobNotFinished = "job_not_finished"
    case jobNotSucceeded = "job_not_succeeded"
    case datasetInUse = "dataset_in_use"
    case networkInUse = "network_in_use"
    case idempotencyInProgress = "idempotency_in_progress"
    case resultExpired = "result_expired"
    case lengthRequired = "length_required"
    case payloadTooLarge = "payload_too_large"
    case uriTooLong = "uri_too_long"
    case unsupportedMediaType = "unsupported_media_type"
    case rangeNotSatisfiable = "range_not_satisfiable"
    case expectationFailed = "expectation_failed"
    case invalidDocument = "invalid_document"
    case idempotencyKeyReused = "idempotency_key_reused"
    case outOfMemoryForecast = "out_of_memory_forecast"
    case headersTooLarge = "headers_too_large"
    case internalError = "internal_error"
    case notImplemented = "not_implemented"
    case queueFull = "queue_full"
    case notReady = "not_ready"
    case httpVersionNotSupported = "http_version_not_supported"
    case insufficientStorage = "insufficient_storage"

    var status: HTTPResponse.Status {
        switch self {
        case .invalidRequest, .invalidJSON, .missingBody: .badRequest
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .notAcceptable: .notAcceptable
        case .requestTimeout: .requestTimeout
        case .jobNotFinished, .jobNotSucceeded, .datasetInUse, .networkInUse, .idempotencyInProgress: .conflict
        case .resultExpired: .gone
        case .lengthRequired: .lengthRequired
        case .payloadTooLarge: .contentTooLarge
        case .uriTooLong: .uriTooLong
        case .unsupportedMediaType: .unsupportedMediaType
        case .rangeNotSatisfiable: .rangeNotSatisfiable
        case .expectationFailed: .expectationFailed
        case .invalidDocument, .idempotencyKeyReused, .outOfMemoryForecast: .unprocessableContent
        case .headersTooLarge: .requestHeaderFieldsTooLarge
        case .internalError: .internalServerError
        case .notImplemented: .notImplemented
        case .queueFull, .notReady: .serviceUnavailable
        case .httpVersionNotSupported: .init(code: 505, reasonPhrase: "HTTP Version Not Supported")
        case .insufficientStorage: .init(code: 507, reasonPhrase: "Insufficient Storage")
        }
    }

    var title: String {
        switch self {
        case .invalidRequest: "The request is not well formed"
        case .invalidJSON: "The body is not valid JSON"
        case .missingBody: "The request has no body"
        case .notFound: "There is nothing here"
        case .methodNotAllowed: "The method is not allowed here"
        case .notAcceptable: "No representation fits the Accept header"
        case .requestTimeout: "The request took too long to arrive"
        case .jobNotFinished: "The job has not finished"
        case .jobNotSucceeded: "The job did not succeed"
        case .datasetInUse: "A job needs this dataset"
        case .networkInUse: "A job needs this network"
        case .idempotencyInProgress: "The first request with this key is still being answered"
        case .resultExpired: "The result has expired"
        case .lengthRequired: "The request needs a Content-Length"
        case .payloadTooLarge: "The body is too large"
        case .uriTooLong: "The request target is too long"
        case .unsupportedMediaType: "The body's media type is not supported here"
        case .rangeNotSatisfiable: "The range lies outside the content"
        case .expectationFailed: "The expectation cannot be met"
        case .invalidDocument: "The document does not describe a valid request"
        case .idempotencyKeyReused: "The idempotency key belongs to another request"
        case .outOfMemoryForecast: "The job would need more memory than allowed"
        case .headersTooLarge: "The header section is too large"
        case .internalError: "Something went wrong on our side"
        case .notImplemented: "The method or coding is not known"
        case .queueFull: "The server has too much to do"
        case .notReady: "The server is not ready"
        case .httpVersionNotSupported: "The HTTP version is not supported"
        case .insufficientStorage: "The disk is full"
        }
    }
}
