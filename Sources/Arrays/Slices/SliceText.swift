/// The text of a slice in a query: `a:b`, `a:`, `:b` or `:`, counted from 0, the end exclusive, no negative numbers and no step.
public enum SliceText {
    /// Reads `text` as a range of an axis of `count` elements.
    /// - Parameter name: what messages call the slice: `rows` or `columns`.
    /// - Throws: `invalidOption` for text of another form, for an end beyond `count`, and for a slice of nothing.
    public static func range(_ text: String, of count: Int, name: String) throws(ArrayError) -> Range<Int> {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let from = bound(parts[0], default: 0), let to = bound(parts[1], default: count) else {
            throw ArrayError(.invalidOption, "\(name)=\(quoted(text)) is no slice; write \(name)=a:b with non-negative integers, the end exclusive, such as \(name)=0:\(count)")
        }
        guard to <= count else {
            throw ArrayError(.invalidOption, "\(name)=\(quoted(text)) ends beyond the \(count) \(name) that there are; end at \(count) or earlier")
        }
        guard from < to else {
            throw ArrayError(.invalidOption, "\(name)=\(quoted(text)) selects nothing of \(count) \(name); let it begin before it ends")
        }
        return from..<to
    }

    /// Digits alone: `Int` would take signs too. Nil if there is something else or too many of them.
    private static func bound(_ text: Substring, default missing: Int) -> Int? {
        if text.isEmpty { return missing }
        return text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }
}
