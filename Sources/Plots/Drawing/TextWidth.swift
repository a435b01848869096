/// About how wide text is: the fonts of a reader are not known here, so these are the widths of DejaVu Sans, which is wider
/// than most sans-serif fonts.
enum TextWidth {
    /// Raised text is this much smaller.
    static let raisedScale = 0.72

    static func of(_ label: Label, size: Double, bold: Bool = false) -> Double {
        (of(label.base) + of(label.raised) * raisedScale) * size * (bold ? 1.12 : 1)
    }

    /// In units of the font's size.
    private static func of(_ text: String) -> Double { text.reduce(0) { $0 + width($1) } }

    private static func width(_ character: Character) -> Double {
        switch character {
        case "i", "j", "l", "I", "'", "|": 0.3
        case ".", ",", ":", ";", " ", "·": 0.32
        case "f", "t", "r", "(", ")", "[", "]", "/", "-": 0.41
        case "m", "w", "M", "W", "%", "@": 0.98
        case "0"..."9", "a"..."z": 0.636
        case "A"..."Z": 0.74
        case "\u{2212}", "+", "=", "\u{D7}", "\u{2264}", "\u{2265}": 0.84
        default: character.isASCII ? 0.65 : 0.9
        }
    }

    /// Breaks text between words into lines no wider than `width`; a word that is wider gets a line of its own, cut short.
    static func wrap(_ text: String, size: Double, bold: Bool = false, width: Double) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, of(Label("\(last) \(word)"), size: size, bold: bold) <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(shortened(String(word), size: size, bold: bold, width: width))
            }
        }
        return lines
    }

    private static func shortened(_ word: String, size: Double, bold: Bool, width: Double) -> String {
        guard of(Label(word), size: size, bold: bold) > width else { return word }
        var word = word
        while !word.isEmpty, of(Label(word + "\u{2026}"), size: size, bold: bold) > width { word.removeLast() }
        return word + "\u{2026}"
    }
}
