/// The element types that arrays are stored in: IEEE 754 binary64 and binary32, little-endian.
public enum ElementType: String, Sendable, CaseIterable {
    case float64
    case float32

    /// Bytes of one element.
    public var size: Int { self == .float64 ? 8 : 4 }

    /// The `descr` of a .npy header.
    public var descr: String { self == .float64 ? "<f8" : "<f4" }
}

/// A Swift type that is the element of a stored array.
public protocol ArrayElement: BinaryFloatingPoint, BitwiseCopyable, Sendable {
    static var elementType: ElementType { get }
}

extension Double: ArrayElement {
    public static var elementType: ElementType { .float64 }
}

extension Float: ArrayElement {
    public static var elementType: ElementType { .float32 }
}

/// The dtypes that uploaded arrays may have. float32 stays float32; every other becomes float64.
///
/// 64-bit integers beyond 2^53 are rounded to the nearest float64; a bool is 0 or 1.
public enum SourceType: String, Sendable, CaseIterable {
    case bool = "|b1"
    case uint8 = "|u1"
    case int8 = "|i1"
    case uint16 = "<u2"
    case int16 = "<i2"
    case uint32 = "<u4"
    case int32 = "<i4"
    case uint64 = "<u8"
    case int64 = "<i8"
    case float32 = "<f4"
    case float64 = "<f8"

    /// Bytes of one element.
    public var size: Int {
        switch self {
        case .bool, .uint8, .int8: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        }
    }

    /// The type that the elements are stored in.
    public var stored: ElementType { self == .float32 ? .float32 : .float64 }

    /// Reads the `descr` of a .npy header.
    /// - Throws: `unsupported`, naming the dtype and the conversion that helps.
    init(descr: String) throws(ArrayError) {
        if let known = SourceType(rawValue: descr) {
            self = known
            return
        }
        let shown = quoted(descr)
        let mend = "save it with astype(\"<f8\")"
        let digits = descr.drop { !$0.isNumber }
        switch (descr.first, descr.dropFirst().first) {
        case (">", "b"?), (">", "u"?), (">", "i"?), (">", "f"?):
            throw ArrayError(.unsupported, "dtype \(shown) is big-endian; \(mend)")
        case (_, "O"?):
            throw ArrayError(.unsupported, "dtype \(shown) holds Python objects, which are never loaded; \(mend)")
        case (_, "S"?), (_, "a"?), (_, "U"?):
            throw ArrayError(.unsupported, "dtype \(shown) holds strings, not numbers; save numbers, such as class indices")
        case (_, "c"?):
            throw ArrayError(.unsupported, "dtype \(shown) is complex; save its real and imaginary parts as two columns")
        case (_, "m"?), (_, "M"?):
            throw ArrayError(.unsupported, "dtype \(shown) holds times; \(mend)")
        case (_, "V"?):
            throw ArrayError(.unsupported, "dtype \(shown) holds records; save one plain array of numbers")
        case (_, "f"?) where digits == "2" || digits == "16":
            throw ArrayError(.unsupported, "dtype \(shown) is neither float32 nor float64; \(mend)")
        default:
            throw ArrayError(.unsupported, "dtype \(shown) is not known here; \(mend)")
        }
    }
}

/// Text of a stranger, fit for a message: cut to 60 characters, control and non-ASCII characters replaced.
func quoted(_ text: some StringProtocol) -> String {
    let limit = 60
    let safe = String(text.unicodeScalars.prefix(limit).map { (" "..."~").contains($0) ? Character($0) : "?" })
    return "'\(safe)\(text.unicodeScalars.count > limit ? "..." : "")'"
}
