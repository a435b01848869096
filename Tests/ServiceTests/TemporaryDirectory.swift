import Foundation

/// A directory of one test's own, which goes with the last copy of the suite that holds it.
final class TemporaryDirectory: Sendable {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("tangent-service-\(UUID().uuidString)").path

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
