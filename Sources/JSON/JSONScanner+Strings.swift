extension JSONScanner {
    /// A string; `position` stands at its opening quote.
    mutating func string() throws(ScanFailure) -> String {
        position += 1
        let start = position
        var bytes: [UInt8] = []
        var copied = start
        while position < end {
            switch base[position] {
            case UInt8(ascii: "\""):
                let tail = UnsafeBufferPointer(start: base + copied, count: position - copied)
                position += 1
                guard !bytes.isEmpty else { return try text(tail, from: start) }
                bytes.append(contentsOf: tail)
                return try unescaped(bytes, from: start)
            case UInt8(ascii: "\\"):
                bytes.append(contentsOf: UnsafeBufferPointer(start: base + copied, count: position - copied))
                try escape(into: &bytes)
                copied = position
            case 0..<0x20: throw failure(.controlCharacter)
            default: position += 1
            }
        }
        throw failure(.unexpectedEnd)
    }

    private func text(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) throws(ScanFailure) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw invalidUTF8(bytes, from: start) }
        return text
    }

    /// The text of a string that held escapes; those are valid by construction, so a fault lies in the raw bytes.
    private func unescaped(_ bytes: [UInt8], from start: Int) throws(ScanFailure) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw invalidUTF8(UnsafeBufferPointer(start: base + start, count: position - 1 - start), from: start)
        }
        return text
    }

    private func invalidUTF8(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> ScanFailure {
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var offset = start
        while case .valid(let scalar) = parser.parseScalar(from: &iterator) { offset += scalar.count }
        return ScanFailure(reason: .invalidUTF8, offset: offset)
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(ScanFailure) {
        let start = position
        guard position + 1 < end else {
            position = end
            throw failure(.unexpectedEnd)
        }
        let letter = base[position + 1]
        position += 2
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(letter)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"): bytes.append(contentsOf: UTF8.encode(try scalar(escapedAt: start)) ?? UTF8.encodedReplacementCharacter)
        default: throw ScanFailure(reason: .invalidEscape, offset: start)
        }
    }

    /// The scalar of `\uXXXX` or of a pair of them (RFC 8259, section 7); `position` stands after the first `\u`.
    private mutating func scalar(escapedAt start: Int) throws(ScanFailure) -> Unicode.Scalar {
        let lone = ScanFailure(reason: .loneSurrogate, offset: start)
        let first = try fourHexDigits(escapedAt: start)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, position + 1 < end, base[position] == UInt8(ascii: "\\"), base[position + 1] == UInt8(ascii: "u") else { throw lone }
        position += 2
        let second = try fourHexDigits(escapedAt: position - 2)
        guard (0xDC00...0xDFFF).contains(second) else { throw lone }
        guard let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)) else { throw lone }
        return scalar
    }

    private mutating func fourHexDigits(escapedAt start: Int) throws(ScanFailure) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard position < end else { throw failure(.unexpectedEnd) }
            let digit: UInt8
            switch base[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = base[position] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = base[position] - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = base[position] - UInt8(ascii: "A") + 10
            default: throw ScanFailure(reason: .invalidEscape, offset: start)
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
