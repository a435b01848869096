import COpenBLAS
import Synchronization

/// OpenBLAS's own threads have one owner at a time: our tiles are parallel and call it single-threaded; one large
/// factorisation gets every thread and hands them back.
public enum BLASThreads {
    private static let factorisation = Mutex(())

    /// One thread for each call from now on: what parallel callers want.
    public static func callersAreParallel() { openblas_set_num_threads(1) }

    /// Runs `body` with `count` BLAS threads, one such body at a time, and returns to one thread.
    public static func with<Value: Sendable>(_ count: Int, _ body: () -> Value) -> Value {
        factorisation.withLock { _ in
            openblas_set_num_threads(Int32(clamping: max(1, count)))
            defer { openblas_set_num_threads(1) }
            return body()
        }
    }
}
