import Jobs

/// Times in documents: RFC 3339, UTC, with milliseconds.
public enum RFC3339 {
    /// In UTC, with the rest of the millisecond cut off.
    public static func text(_ moment: Timestamp) -> String {
        let (milliseconds, _) = floorDivide(moment.microseconds, by: 1000)
        let (days, ofDay) = floorDivide(milliseconds, by: 86_400_000)
        let date = civil(days: days)
        let (hours, minutes, seconds) = (ofDay / 3_600_000, ofDay / 60_000 % 60, ofDay / 1000 % 60)
        return "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.day, 2))T"
            + "\(pad(hours, 2)):\(pad(minutes, 2)):\(pad(seconds, 2)).\(pad(ofDay % 1000, 3))Z"
    }

    private static func pad(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func floorDivide(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// The date of a day number in the proleptic Gregorian calendar: eras of 400 years that start in March, so that the leap
    /// day comes last. A DateFormatter would do the same a hundred times slower, and this runs for every job shown.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
