/// Why a file of numbers could not be read, written or sliced.
///
/// `message` is one sentence for a person: what was found, what was expected, and the mend.
/// `kind` is for programs: each kind stands for one answer of a service.
public struct ArrayError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Equatable, Sendable {
        /// The bytes are not the format they claim to be: broken, truncated, or lying about their length (400).
        case malformed
        /// Well formed, but of a sort that is not taken: a dtype, a compression method, encryption (422).
        case unsupported
        /// The format is right and a value or shape in it is not: a non-finite number, a ragged row (422).
        case invalidValue
        /// An option beside the data does not fit it: a column that is not there, rows out of range (400).
        case invalidOption
        /// Beyond a limit: bytes, columns, classes, the length of a cell (413).
        case tooLarge
        /// The disk or the quota has no room (507).
        case storageFull
        /// The system refused for another reason (500).
        case inputOutput
    }

    public let kind: Kind
    public let message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}
