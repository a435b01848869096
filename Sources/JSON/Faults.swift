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

    /// Neither text is put together for a fault that is not kept: a document may have millions.
    public func add(_ pointer: @autoclosure () -> JSONPointer, _ detail: @autoclosure () -> String) {
        if all.count < limit { all.append(Fault(pointer(), detail())) }
        count += 1
    }
}

extension Faults {
    /// A moment in the reading of a document.
    public struct Mark: Sendable {
        fileprivate let count: Int
        fileprivate let kept: Int
    }

    public var mark: Mark { Mark(count: count, kept: all.count) }

    /// The faults recorded since; nil where some of them were not kept.
    public func since(_ mark: Mark) -> ArraySlice<Fault>? {
        let found = all[mark.kept...]
        return found.count == count - mark.count ? found : nil
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

    /// The member or element of `ancestor` that this is or lies in; nil where it does neither.
    public func firstToken(below ancestor: JSONPointer) -> String? {
        guard description.hasPrefix(ancestor.description + "/") else { return nil }
        let token = String(description.dropFirst(ancestor.description.count + 1).prefix { $0 != "/" })
        return token.replacing("~1", with: "/").replacing("~0", with: "~")
    }

    public func appending(_ index: Int) -> JSONPointer {
        var copy = self
        copy.description += "/\(index)"
        return copy
    }
}
