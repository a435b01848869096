/// Looks for infinities and not-a-numbers at the speed of memory.
///
/// A value is not finite when all bits of its exponent are set: adding one unit to the masked exponent then carries into the
/// sign bit. Or-ing these sums leaves no branch in the loop, so that the compiler vectorises it.
public enum FiniteCheck {
    /// The place of the first value that is not finite, or nil.
    /// - Complexity: one pass; a second one over the block that holds such a value.
    public static func firstNonFinite<Element: ArrayElement>(in values: UnsafeBufferPointer<Element>) -> Int? {
        let bytes = UnsafeRawBufferPointer(values)
        let isFinite =
            switch Element.elementType {
            case .float64: areFinite(bytes.bindMemory(to: UInt64.self), exponent: 0x7FF0_0000_0000_0000, unit: 0x0010_0000_0000_0000)
            case .float32: areFinite(bytes.bindMemory(to: UInt32.self), exponent: 0x7F80_0000, unit: 0x0080_0000)
            }
        return isFinite ? nil : values.firstIndex { !$0.isFinite }
    }

    @inline(__always)
    private static func areFinite<Bits: FixedWidthInteger & UnsignedInteger>(
        _ bits: UnsafeBufferPointer<Bits>, exponent: Bits, unit: Bits
    ) -> Bool {
        var carries: Bits = 0
        for value in bits { carries |= (value & exponent) &+ unit }
        return carries.leadingZeroBitCount > 0
    }
}
