extension JSONScanner {
    /// What an array turned out to be.
    private enum Contents {
        /// So many numbers, lying at the end of `packed`.
        case row(Int)
        /// Numbers nested in this shape (two axes or more), lying at the end of `packed`.
        case block([Int])
        case mixed([JSONValue])

        var shape: [Int]? {
            switch self {
            case .row(let count): [count]
            case .block(let shape): shape
            case .mixed: nil
            }
        }

        func hasShape(of other: Contents) -> Bool {
            switch (self, other) {
            case (.row(let left), .row(let right)): left == right
            case (.block(let left), .block(let right)): left == right
            default: false
            }
        }
    }

    /// An array; `position` stands at its opening bracket.
    mutating func array() throws(ScanFailure) -> JSONValue {
        let (mark, start) = (packed.count, position)
        let contents = try contents()
        guard case .row(let count) = contents, hasLargeInteger else { return taken(contents, from: mark) }
        let large = try largeIntegers(count, from: start)
        defer { packed.removeSubrange(mark...) }
        return .tensor(JSONTensor(shape: [count], values: Array(packed[mark...]), largeIntegers: large))
    }

    /// The integers of a list of numbers that a double may have rounded, read again; `start` is where its bracket stands.
    private mutating func largeIntegers(_ count: Int, from start: Int) throws(ScanFailure) -> [Int: Int] {
        let next = position
        position = start
        var integers: [Int: Int] = [:]
        for index in 0..<count {
            position += 1
            skipSpace()
            let number = try number()
            if number.isLargeInteger { integers[index] = number.integer }
            skipSpace()
        }
        position = next
        return integers
    }

    /// Numbers go to the end of `packed` while the array is a rectangle of them; what is there from before is left alone.
    private mutating func contents() throws(ScanFailure) -> Contents {
        try enter()
        skipSpace()
        guard position < end else { throw failure(.unexpectedEnd) }
        let contents: Contents
        switch base[position] {
        case UInt8(ascii: "]"):
            position += 1
            contents = .mixed([])
        case UInt8(ascii: "["): contents = try nested()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): contents = try row()
        default: contents = try mixed([])
        }
        depth -= 1
        return contents
    }

    /// An array that begins with a number.
    private mutating func row() throws(ScanFailure) -> Contents {
        let start = position
        let mark = packed.count
        hasLargeInteger = false
        while true {
            do throws(ScanFailure) {
                let number = try number()
                packed.append(number.value)
                if number.isLargeInteger { hasLargeInteger = true }
            } catch {
                throw error.inside(.index(packed.count - mark))
            }
            skipSpace()
            guard try another() else { return .row(packed.count - mark) }
            guard position < end else { throw failure(.unexpectedEnd) }
            let byte = base[position]
            if byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") < 10 { continue }
            let count = packed.count - mark
            packed.removeSubrange(mark...)
            return try mixed(try reread(count, from: start))
        }
    }

    /// The numbers at the front of an array that turned out to be mixed, read again to learn which are integers.
    private mutating func reread(_ count: Int, from start: Int) throws(ScanFailure) -> [JSONValue] {
        try countValue(count)
        let next = position
        position = start
        var values: [JSONValue] = []
        values.reserveCapacity(count + 1)
        while values.count < count {
            values.append(.number(try number().jsonNumber))
            skipSpace()
            position += 1
            skipSpace()
        }
        position = next
        return values
    }

    /// An array that begins with an array: a block of numbers as long as each element has the shape of the first.
    private mutating func nested() throws(ScanFailure) -> Contents {
        let mark = packed.count
        var first: Contents?
        var count = 0
        while true {
            let elementMark = packed.count
            let duplicateMark = duplicates.count
            let element: Contents
            do throws(ScanFailure) {
                element = try contents()
            } catch {
                throw error.inside(.index(count))
            }
            placeDuplicates(from: duplicateMark, inside: .index(count))
            if let first, !element.hasShape(of: first) {
                return try unpacked(count, of: first, from: mark, then: taken(element, from: elementMark))
            }
            guard let shape = element.shape else { return try unpacked(0, of: element, from: mark, then: taken(element, from: elementMark)) }
            first = first ?? element
            count += 1
            skipSpace()
            guard try another() else { return .block([count] + shape) }
            guard position < end else { throw failure(.unexpectedEnd) }
            guard base[position] == UInt8(ascii: "[") else { return try rest(after: unpackedElements(count, of: element, from: mark)) }
        }
    }

    /// A block that ends being one at `element`: the rows before it become tensors of their own.
    private mutating func unpacked(_ count: Int, of rows: Contents, from mark: Int, then element: JSONValue) throws(ScanFailure) -> Contents {
        var values = unpackedElements(count, of: rows, from: mark)
        values.append(element)
        try countValue(values.count)
        skipSpace()
        return try another() ? try mixed(values) : .mixed(values)
    }

    private mutating func rest(after values: [JSONValue]) throws(ScanFailure) -> Contents {
        try countValue(values.count)
        return try mixed(values)
    }

    private mutating func unpackedElements(_ count: Int, of rows: Contents, from mark: Int) -> [JSONValue] {
        guard count > 0, let shape = rows.shape else { return [] }
        let size = shape.reduce(1, *)
        let values = (0..<count).map { row in
            JSONValue.tensor(JSONTensor(shape: shape, values: Array(packed[mark + row * size..<mark + (row + 1) * size])))
        }
        packed.removeSubrange(mark...)
        return values
    }

    /// The elements of an array of any kind, after those in `values`; `position` stands at the next one.
    private mutating func mixed(_ values: [JSONValue]) throws(ScanFailure) -> Contents {
        var values = values
        repeat {
            let mark = duplicates.count
            do throws(ScanFailure) {
                values.append(try value())
            } catch {
                throw error.inside(.index(values.count))
            }
            placeDuplicates(from: mark, inside: .index(values.count - 1))
            skipSpace()
        } while try another()
        return .mixed(values)
    }

    /// After an element: whether another follows, at which `position` then stands; else the array is closed.
    @inline(__always)
    private mutating func another() throws(ScanFailure) -> Bool {
        if take(UInt8(ascii: ",")) {
            skipSpace()
            return true
        }
        try expect(UInt8(ascii: "]"), "',' or ']'")
        return false
    }

    /// The finished array, its numbers moved out of `packed`.
    private mutating func taken(_ contents: Contents, from mark: Int) -> JSONValue {
        guard let shape = contents.shape else {
            if case .mixed(let values) = contents { return .array(values) }
            return .array([])
        }
        defer { packed.removeSubrange(mark...) }
        return .tensor(JSONTensor(shape: shape, values: mark == 0 ? moved() : Array(packed[mark...])))
    }

    /// All of `packed`, without a copy.
    private mutating func moved() -> [Double] {
        defer { packed = [] }
        return packed
    }
}
