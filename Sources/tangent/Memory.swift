import Foundation

/// The memory that this process and its workers may use.
enum Memory {
    /// Bytes: the machine's, or less where a control group (a container) allows less.
    static var available: Int {
        let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        // "max" where there is no limit; the file is missing outside control groups of version 2.
        let limit = (try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8))
            .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        return min(physical, limit ?? physical)
    }
}
