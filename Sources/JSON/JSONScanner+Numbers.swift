import NumberText

extension JSONScanner {
    struct Number {
        let value: Double
        /// Meaningful where `isInteger`.
        let integer: Int
        let isInteger: Bool

        /// Whether a double may not hold it.
        var isLargeInteger: Bool { isInteger && !JSONNumber.exactIntegers.contains(integer) }

        var jsonNumber: JSONNumber { isInteger ? JSONNumber(integer) : JSONNumber(value) }
    }

    /// A number (RFC 8259, section 6); `position` stands at its first byte.
    ///
    /// The scan gathers up to 19 digits on its way. Up to 2^53 and 22 decimal places they need one exact division
    /// (Clinger, 1990); all other numbers go to the library's correctly rounded conversion.
    @inline(__always)
    mutating func number() throws(ScanFailure) -> Number {
        let start = position
        let isNegative = base[start] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var digits: UInt64 = 0
        let integerStart = position
        scanDigits(into: &digits)
        var count = position - integerStart
        guard count > 0 else { throw notANumber(start) }
        if count > 1, base[integerStart] == UInt8(ascii: "0") { throw badNumber("it has a leading zero", start) }
        var places = 0
        var hasExponent = false
        if position < end {
            if base[position] == UInt8(ascii: ".") {
                position += 1
                let fractionStart = position
                scanDigits(into: &digits)
                places = position - fractionStart
                count += places
                guard places > 0 else { throw badNumber("a digit belongs after the point", start) }
            }
            if position < end, base[position] | 0x20 == UInt8(ascii: "e") {
                hasExponent = true
                try exponent(of: start)
            }
        }
        guard position - start <= limits.numberLength else {
            throw ScanFailure(reason: .numberTooLong(limit: limits.numberLength), offset: start)
        }
        if !hasExponent, count <= 19 {
            let isInteger = places == 0 && digits <= UInt64(Int.max) && !(isNegative && digits == 0)
            let integer = isInteger ? (isNegative ? -Int(digits) : Int(digits)) : 0
            if digits <= 1 << 53, places <= 22 {
                let magnitude = Double(digits) / powersOfTen[places]
                return Number(value: isNegative ? -magnitude : magnitude, integer: integer, isInteger: isInteger)
            }
            return Number(value: try converted(from: start), integer: integer, isInteger: isInteger)
        }
        return Number(value: try converted(from: start), integer: 0, isInteger: false)
    }

    /// Adds the digits from `position` on to `digits`, which wraps around beyond 19 of them: the caller counts.
    @inline(__always)
    private mutating func scanDigits(into digits: inout UInt64) {
        while position < end {
            let digit = base[position] &- UInt8(ascii: "0")
            guard digit < 10 else { return }
            digits = digits &* 10 &+ UInt64(digit)
            position += 1
        }
    }

    private mutating func exponent(of start: Int) throws(ScanFailure) {
        position += 1
        if position < end, base[position] == UInt8(ascii: "+") || base[position] == UInt8(ascii: "-") { position += 1 }
        let digitsStart = position
        var ignored: UInt64 = 0
        scanDigits(into: &ignored)
        guard position > digitsStart else { throw badNumber("a digit belongs in the exponent", start) }
    }

    private func converted(from start: Int) throws(ScanFailure) -> Double {
        switch NumberText.parse(UnsafeRawBufferPointer(start: base + start, count: position - start)) {
        case .value(let value, _): return value
        case .overflow: throw ScanFailure(reason: .numberOutOfRange, offset: start)
        case .none: throw notANumber(start)
        }
    }

    private func notANumber(_ start: Int) -> ScanFailure { badNumber("a digit belongs here", start) }

    private func badNumber(_ mend: String, _ start: Int) -> ScanFailure { ScanFailure(reason: .invalidNumber(mend), offset: start) }
}
