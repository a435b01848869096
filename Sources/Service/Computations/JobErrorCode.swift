/// The stable codes of failed jobs' errors; `docs/errors.md` explains them, and the contract lists them.
enum JobErrorCode: String, CaseIterable {
    case workerLost = "worker_lost"
    case nonFiniteResult = "non_finite_result"
    case kernelDiverges = "kernel_diverges"
    case notPositiveDefinite = "not_positive_definite"
    case diverged = "diverged"
    case degeneratePlane = "degenerate_plane"
    case noConvergence = "no_convergence"
    case eigensolverFailed = "eigensolver_failed"
    case insufficientStorage = "insufficient_storage"
    case internalError = "internal_error"
}
