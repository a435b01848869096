import Foundation

/// Numbers as they stand in titles and legends.
public enum NumberLabel {
    /// With so many significant digits, and a minus sign as wide as a digit.
    public static func text(_ value: Double, significant: Int = 3) -> String {
        Label.signed(String(format: "%.\(significant)g", value))
    }

    /// With so many decimals: for numbers that stand below each other.
    public static func fixed(_ value: Double, decimals: Int) -> String {
        let text = String(format: "%.\(decimals)f", value)
        // No minus before what rounds to zero.
        return Label.signed(text.contains { $0 != "-" && $0 != "0" && $0 != "." } ? text : text.replacingOccurrences(of: "-", with: ""))
    }
}
