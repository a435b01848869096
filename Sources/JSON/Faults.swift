/// A place in a document and what is wrong with it (RFC 9457, `errors` member; RFC 6901 pointers).
public struct Fault: Sendable, Equatable, Error {
    public let pointer: JSONPointer
    /// What was found, what was expected, and the mend, as one sentence for a person.
    public let detail: String

    public init(_ pointer: JSONPointer, _ detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}

/// The faults of one document, gathered while it is read so that a client sees all of them at once.
public final class Faults {
    public private(set) var all: [Fault] = []
    /// Faults recorded, kept or not.
    public private(set) var count = 0
    /// More faults than this are counted but not kept: the answer stays readable.
    public let limit: Int

    public init(limit: Int = 100) { self.limit = limit }

    public var isEmpty: Bool { count == 0 }

    public func add(_ pointer: JSONPointer, _ detail: @autoclosure () -> String) {
        if all.count < limit { all.append(Fault(pointer, detail())) }
        count += 1
    }
}

/// A JSON Pointer (RFC 6901), built while walking down a document.
public struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    public private(set) var description: String

    /// The whole document.
    public static let root = JSONPointer()

    private init() { description = "" }

    public func appending(_ name: String) -> JSONPointer {
        var copy = self
        copy.description += "/"
        for scalar in name.unicodeScalars {
            switch scalar {
            case "~": copy.description += "~0"
            case "/": copy.description += "~1"
            default: copy.description.unicodeScalars.append(scalar)
            }
        }
        return copy
    }

    public func appending(_ index: Int) -> JSONPointer {
        var copy = self
        copy.description += "/\(index)"
        return copy
    }
}
