/// How a CSV file is to be read.
public struct CSVOptions: Sendable {
    /// The first line names the columns.
    public var hasHeader: Bool
    /// The columns that hold targets, each by the name in the header, by its number, or `last`. Empty: no targets.
    ///
    /// Numbers count from 0; negative ones count from the end, so that -1 is `last`. With a header a name is looked for first, so
    /// a column that is named `last` or `3` is found by that name.
    public var targets: [String]
    public var limits: Limits

    public init(hasHeader: Bool, targets: [String] = [], limits: Limits = Limits()) {
        self.hasHeader = hasHeader
        self.targets = targets
        self.limits = limits
    }

    /// Beyond these a file is refused as `tooLarge`.
    public struct Limits: Sendable {
        public var columns = 100_000
        /// Bytes of one cell, without its quotes.
        public var cellLength = 1_024
        public var rows = 100_000_000
        /// Distinct labels of one target column of text.
        public var classes = 10_000

        public init() {}
    }

    /// The places of the target columns, in the order asked for.
    /// - Parameter names: the header, if there is one.
    /// - Throws: `invalidOption` for a column that is not there, is ambiguous or is asked for twice, or if no input is left.
    func targetColumns(count: Int, names: [String]?) throws(ArrayError) -> [Int] {
        var columns: [Int] = []
        for target in targets {
            let column = try place(of: target, count: count, names: names)
            guard !columns.contains(column) else {
                throw ArrayError(.invalidOption, "target=\(quoted(target)) names column \(column) a second time; name each target once")
            }
            columns.append(column)
        }
        guard columns.count < count else {
            throw ArrayError(.invalidOption, "all \(count) columns are targets, so that no inputs are left; name fewer targets")
        }
        return columns
    }

    private func place(of target: String, count: Int, names: [String]?) throws(ArrayError) -> Int {
        let places = names?.indices.filter { names?[$0] == target } ?? []
        guard places.count < 2 else {
            throw ArrayError(.invalidOption, "\(places.count) columns are named \(quoted(target)); name the target by its number, such as target=\(places[0])")
        }
        if let place = places.first { return place }
        if target == "last" { return count - 1 }
        guard let number = Int(target) else {
            let known = names.map { "; the header names " + $0.prefix(10).map { quoted($0) }.joined(separator: ", ") + ($0.count > 10 ? " and others" : "") }
            throw ArrayError(.invalidOption, "there is no target column \(quoted(target))\(known ?? "; without a header give a number from 0 to \(count - 1), or last")")
        }
        guard (-count..<count).contains(number) else {
            throw ArrayError(.invalidOption, "there is no column \(number): the file has \(count), numbered from 0 to \(count - 1)")
        }
        return number < 0 ? number + count : number
    }
}

/// What a CSV file held.
public struct CSVSummary: Sendable, Equatable {
    /// One target column.
    public struct Target: Sendable, Equatable {
        /// From the header, if there is one.
        public let name: String?
        public let values: Values
    }

    public enum Values: Sendable, Equatable {
        /// Numbers. `areIndices`: every one is a non-negative integer (below 2^53), which a caller may take for classes.
        case numbers(areIndices: Bool, maximum: Double)
        /// Text: the value stored is the place of the label in `names`, which are sorted by their UTF-8 bytes.
        case labels(names: [String])
    }

    public let rows: Int
    /// The names of the input columns, from the header, if there is one.
    public let inputNames: [String]?
    public let inputColumns: Int
    /// In the order in which the options name them.
    public let targets: [Target]
}
