import Foundation
import Testing

@testable import Jobs
@testable import Service

@Suite struct ResultArrayTests {
    /// Small arrays are kept in the store and large ones as files; in neither may a number be none.
    @Test(arguments: [3, ResultArray.smallCount + 1], [Double.infinity, -.infinity, .nan])
    func aNumberThatIsNoneIsAFailedJob(_ count: Int, _ bad: Double) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("tangent-arrays-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let blobs = BlobStore(try DataDirectory(path: path))
        var values = [Double](repeating: 1, count: count)
        #expect(try ResultArray("mean", shape: [count], values, blobs: blobs).shape == [count])
        values[count - 1] = bad
        let failure = #expect(throws: NonFiniteArray.self) { try ResultArray("mean", shape: [count], values, blobs: blobs) }
        #expect(failure?.code == .nonFiniteResult && failure?.detail.contains("mean") == true)
        #expect(throws: NonFiniteArray.self) { try ResultArray("mean", shape: [count], values.map(Float.init), blobs: blobs) }
    }
}
