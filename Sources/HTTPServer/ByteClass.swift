import Glibc

/// What a byte may be in HTTP/1.1, from one table look-up.
enum ByteClass {
    /// `tchar` of RFC 9110 section 5.6.2: methods and field names.
    static let token: UInt8 = 1
    /// A control byte other than HTAB: ends every scan of a line (CR and LF among them).
    static let control: UInt8 = 2
    /// `pchar`, `/` and `?` of RFC 3986 section 3, `%` included: an origin-form target.
    static let target: UInt8 = 4
    static let digit: UInt8 = 8
    static let hexadecimal: UInt8 = 16
    /// What a Host may hold: unreserved, sub-delims but the comma (which would make a list), `%`, `:`, `[` and `]`.
    static let host: UInt8 = 32
    /// Below 128.
    static let ascii: UInt8 = 64

    /// Filled once at first use and read through a pointer, so that a look-up costs one load.
    /// The memory lives as long as the process and is never written again.
    nonisolated(unsafe) private static let table: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        table.initialize(repeating: 0, count: 256)
        func mark(_ bytes: some Sequence<UInt8>, _ flag: UInt8) {
            for byte in bytes { table[Int(byte)] |= flag }
        }
        let letters = Array(UInt8(ascii: "a")...UInt8(ascii: "z")) + Array(UInt8(ascii: "A")...UInt8(ascii: "Z"))
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        mark(letters, token | target | host)
        mark(digits, token | target | host | digit | hexadecimal)
        mark("abcdefABCDEF".utf8, hexadecimal)
        mark("!#$%&'*+-.^_`|~".utf8, token)
        mark("-._~!$&'()*+,;=:@/?%".utf8, target)
        mark("-._~!$&'()*+;=:%[]".utf8, host)
        mark((0...31).lazy.filter { $0 != 9 }, control)
        mark([127], control)
        mark(0...127, ascii)
        return UnsafePointer(table)
    }()

    @inline(__always)
    static func `is`(_ byte: UInt8, _ flag: UInt8) -> Bool {
        table[Int(byte)] & flag != 0
    }

    /// The first index in `range` whose byte is a control byte, or the range's end.
    @inline(__always)
    static func firstControl(in bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int {
        let table = table
        var index = range.lowerBound
        while index < range.upperBound && table[Int(bytes[index])] & control == 0 { index += 1 }
        return index
    }

    /// The first index at or behind `start` whose byte lacks `flag`, or the end.
    @inline(__always)
    static func end(of flag: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int = 0) -> Int {
        let table = table
        var index = start
        while index < bytes.count && table[Int(bytes[index])] & flag != 0 { index += 1 }
        return index
    }

    static func all(_ bytes: UnsafeRawBufferPointer, _ flag: UInt8) -> Bool {
        end(of: flag, in: bytes) == bytes.count
    }
}

/// A buffer of its own for each part: several times as quick to walk as a slice.
extension UnsafeRawBufferPointer {
    @inline(__always)
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }

    @inline(__always)
    func part(_ range: PartialRangeFrom<Int>) -> UnsafeRawBufferPointer { part(range.lowerBound..<count) }

    /// The first place of `byte` at or behind `start`.
    @inline(__always)
    func place(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start < count, let base = baseAddress, let found = memchr(base + start, Int32(byte), count - start) else { return nil }
        return UnsafeRawPointer(found) - base
    }

    func holds(_ byte: UInt8) -> Bool { place(of: byte) != nil }
}

extension UInt8 {
    static let carriageReturn: UInt8 = 13
    static let lineFeed: UInt8 = 10
    static let space: UInt8 = 32
    static let tab: UInt8 = 9

    /// The value of a hexadecimal digit, nil for any other byte.
    var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
