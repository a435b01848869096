/// The value of a Host field: `uri-host [ ":" port ]` (RFC 9110 section 7.2), without user information.
enum HostField {
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let first = bytes.first, ByteClass.all(bytes, ByteClass.host) else { return false }
        if first == UInt8(ascii: "[") {
            guard let close = bytes.place(of: UInt8(ascii: "]")) else { return false }
            let address = bytes.part(1..<close)
            let isAddress = address.holds(UInt8(ascii: ":")) && address.allSatisfy {
                ByteClass.is($0, ByteClass.hexadecimal) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            }
            return isAddress && isPort(bytes.part((close + 1)...))
        }
        if bytes.holds(UInt8(ascii: "[")) || bytes.holds(UInt8(ascii: "]")) { return false }
        let colon = bytes.place(of: UInt8(ascii: ":")) ?? bytes.count
        return colon > 0 && isPort(bytes.part(colon...))
    }

    /// Nothing, or a colon and a number up to 65535 (RFC 3986 lets the number be missing).
    private static func isPort(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let colon = bytes.first else { return true }
        let digits = bytes.part(1...)
        guard colon == UInt8(ascii: ":"), digits.count <= 5, ByteClass.all(digits, ByteClass.digit) else { return false }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } <= 65_535
    }
}
