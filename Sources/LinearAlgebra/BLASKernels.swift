import COpenBLAS
import CTangentSIMD
import Foundation

/// Which of OpenBLAS's kernels the products run on.
///
/// OpenBLAS chooses them when it is loaded, from a table of processor models. A processor newer than the table gets the oldest
/// kernels (Debian 12's OpenBLAS 0.3.21 takes "Prescott", SSE3, on Intel's server processors of 2023 and later), which is a
/// fifth of the speed. What the processor can do is asked here instead, and the choice handed to OpenBLAS in its variable
/// `OPENBLAS_CORETYPE`, which it reads only while it is loaded: a program that is yet to start gets it in its environment, and
/// one that runs already has to start over.
public enum BLASKernels {
    /// OpenBLAS's name of the kernels in use, such as "SkylakeX".
    public static var name: String {
        guard let name = openblas_get_corename() else { return "unknown" }
        return String(cString: name)
    }

    private static let variable = "OPENBLAS_CORETYPE"

    /// For how many ticks of the processor's clock, as a power of two, OpenBLAS's threads look for more to do before they sleep.
    /// Its own 26 keeps them spinning for some 25 ms after a factorisation, on the cores that our threads want then.
    private static let patience = (variable: "OPENBLAS_THREAD_TIMEOUT", value: "20")

    /// Sets the variables for the programs that this one starts: the kernels where OpenBLAS's choice falls short of the
    /// processor, and its threads' patience. To be called first thing, while no other thread may read the environment. What is
    /// set already stays.
    ///
    /// - Returns: whether other kernels have been chosen by this call.
    @discardableResult public static func chooseForChildren() -> Bool {
        setenv(patience.variable, patience.value, 0)
        guard getenv(variable) == nil, let better = better(than: name, level: Int(tangent_vector_level())) else { return false }
        return setenv(variable, better, 1) == 0
    }

    /// Starts the program over, once, where OpenBLAS's choice falls short of the processor. To be called first thing: nothing
    /// else may have been started yet. Does nothing where the variable is set already, or where a restart is not possible; the
    /// products are right then, if slow.
    public static func restartIfOutdated() {
        // Without a base address of the loader the loader itself was started, as `ld.so PROGRAM`: then it is what
        // /proc/self/exe names, and it would take our first argument for a program.
        guard getauxval(UInt(AT_BASE)) != 0, chooseForChildren() else { return }
        execv("/proc/self/exe", CommandLine.unsafeArgv)
        // Still here: a system without /proc, or a filter that forbids execve.
        unsetenv(variable)
    }

    /// - Parameter level: of x86-64 (1, 3 with AVX2, 4 with AVX-512); 0 on other processors.
    /// - Returns: the kernels for the level if `name` names older ones.
    static func better(than name: String, level: Int) -> String? {
        let isOld = withoutAVX2.contains(name.lowercased())
        switch level {
        case 4 where isOld: return "SkylakeX"
        case 3 where isOld: return "Haswell"
        default: return nil
        }
    }

    /// OpenBLAS's names of the x86-64 kernels that use no AVX2.
    private static let withoutAVX2: Set<String> = [
        "prescott", "core2", "penryn", "dunnington", "nehalem", "sandybridge", "atom", "nano", "athlon", "opteron", "opteron_sse3",
        "barcelona", "bobcat", "bulldozer", "piledriver",
    ]
}
