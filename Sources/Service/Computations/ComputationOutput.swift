import Arrays
import JSON
import Jobs

/// What a computation hands over: members of the result's document, and named arrays.
struct ComputationOutput {
    /// Further members of the document, such as `layers` or `runs`.
    var members = JSONObject()
    var metrics = JSONObject()
    var arrays: [ResultArray] = []
    /// What there was when the job was cancelled.
    var isPartial = false
}

/// An error that says something about a job's numbers, and would come again: a failed job with a stable code.
protocol NumericalFailure: Error {
    var code: JobErrorCode { get }
    var title: String { get }
    /// What happened and what would help, as a sentence.
    var detail: String { get }
    /// Further members of the problem, such as `lambda_min`.
    var members: [(name: String, value: JSONValue)] { get }
}

extension NumericalFailure {
    var members: [(name: String, value: JSONValue)] { [] }
}

extension ResultArray {
    /// Arrays of up to this many elements are kept in the store.
    static let smallCount = 2048

    /// An array of numbers in row-major order: in the store where it is small, else as a file.
    ///
    /// - Throws: ``NonFiniteArray`` where a number is NaN or infinite, whatever computed it: no such number is ever given out.
    init<Element: ArrayElement>(_ name: String, shape: [Int], _ values: UnsafeBufferPointer<Element>, blobs: BlobStore) throws {
        let shape = try ArrayShape(shape)
        precondition(shape.count == values.count, "an array holds as many values as its shape says")
        if let index = FiniteCheck.firstNonFinite(in: values) { throw NonFiniteArray(name: name, isNaN: values[index].isNaN) }
        guard shape.count > Self.smallCount else {
            var bytes = NPYHeader.encode(type: Element.elementType, shape: shape)
            bytes.append(contentsOf: UnsafeRawBufferPointer(values))
            self.init(name: name, dtype: Element.elementType.rawValue, shape: shape.axes, bytes: bytes)
            return
        }
        let file = try ArrayFile(path: blobs.makeTemporaryPath(), shape: shape, elementType: Element.elementType)
        file.bytes.copyMemory(from: UnsafeRawBufferPointer(values))
        try file.finish()
        self.init(name: name, dtype: Element.elementType.rawValue, shape: shape.axes, blob: try blobs.commit(fileAt: file.path))
    }

    init<Element: ArrayElement>(_ name: String, shape: [Int], _ values: [Element], blobs: BlobStore) throws {
        self = try values.withUnsafeBufferPointer { try ResultArray(name, shape: shape, $0, blobs: blobs) }
    }
}

/// An array of a result holds a number that is none.
struct NonFiniteArray: NumericalFailure {
    let name: String
    let isNaN: Bool

    var code: JobErrorCode { .nonFiniteResult }
    var title: String { "The result is not finite" }
    var detail: String {
        "A number of \(name) is \(isNaN ? "not a number" : "beyond what its type holds"); scale the inputs and targets towards 1."
    }
}
