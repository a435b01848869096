/// The problem documents that the store and the worker loop write themselves (RFC 9457; `type` absent means about:blank).
enum Problem {
    static func workerLost(attempts: Int) -> String {
        document(
            code: "worker_lost", status: 500, title: "The worker computing this job was lost",
            detail: "\(attempts) attempts ended with the worker's death or silence; none is left. The job may need more memory than there is.")
    }

    static let internalError = document(
        code: "internal_error", status: 500, title: "The computation failed",
        detail: "An error that is not the request's fault ended the computation; the server's log says which.")

    static let insufficientStorage = document(
        code: "insufficient_storage", status: 507, title: "The disk is full",
        detail: "The result did not fit on the server's disk. Remove datasets or finished jobs, then submit the job again.")

    /// None of the texts above needs escaping.
    private static func document(code: String, status: Int, title: String, detail: String) -> String {
        #"{"title":"\#(title)","status":\#(status),"code":"\#(code)","detail":"\#(detail)"}"#
    }
}
