/// Converts the elements of an array, block by block, checks that they are finite, and puts them in C order.
struct ElementConverter {
    let header: NPYHeader
    /// What messages call the array.
    let name: String
    /// The elements of the result. Lives as long as the ArrayFile that it came from, which the caller holds.
    let output: UnsafeMutableRawBufferPointer

    /// Small enough for a second-level cache, a multiple of every element size.
    private static let blockLength = 1 << 18

    func run(_ data: inout some ByteSource) throws(ArrayError) {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.blockLength, alignment: 64)
        defer { block.deallocate() }
        var order = header.isFortranOrder ? FortranOrder(header.shape) : nil
        let perBlock = Self.blockLength / header.type.size
        for start in stride(from: 0, to: header.shape.count, by: perBlock) {
            let count = min(perBlock, header.shape.count - start)
            let bytes = UnsafeMutableRawBufferPointer(rebasing: block[..<(count * header.type.size)])
            guard try data.read(into: bytes) == bytes.count else {
                throw ArrayError(.malformed, "\(name) ends before its shape \(header.shape) is filled; send it whole")
            }
            try convert(UnsafeRawBufferPointer(bytes), start: start, order: &order)
        }
    }

    private func convert(_ block: UnsafeRawBufferPointer, start: Int, order: inout FortranOrder?) throws(ArrayError) {
        switch header.type {
        case .float64: try store(block.bindMemory(to: Double.self), start: start, order: &order)
        case .float32: try store(block.bindMemory(to: Float.self), start: start, order: &order)
        case .bool: widen(block.bindMemory(to: UInt8.self), start: start, order: &order) { $0 == 0 ? 0 : 1 }
        case .uint8: widen(block.bindMemory(to: UInt8.self), start: start, order: &order) { Double($0) }
        case .int8: widen(block.bindMemory(to: Int8.self), start: start, order: &order) { Double($0) }
        case .uint16: widen(block.bindMemory(to: UInt16.self), start: start, order: &order) { Double($0) }
        case .int16: widen(block.bindMemory(to: Int16.self), start: start, order: &order) { Double($0) }
        case .uint32: widen(block.bindMemory(to: UInt32.self), start: start, order: &order) { Double($0) }
        case .int32: widen(block.bindMemory(to: Int32.self), start: start, order: &order) { Double($0) }
        case .uint64: widen(block.bindMemory(to: UInt64.self), start: start, order: &order) { Double($0) }
        case .int64: widen(block.bindMemory(to: Int64.self), start: start, order: &order) { Double($0) }
        }
    }

    /// Elements that are stored as they came.
    private func store<Element: ArrayElement>(
        _ values: UnsafeBufferPointer<Element>, start: Int, order: inout FortranOrder?
    ) throws(ArrayError) {
        if let bad = FiniteCheck.firstNonFinite(in: values) {
            let place = order?.index(ofElement: start + bad) ?? header.shape.index(ofElement: start + bad)
            throw ArrayError(
                .invalidValue,
                "\(name) holds \(values[bad]) at index \(ArrayShape.text(place)); every value must be finite, replace it or leave out its row")
        }
        let target = output.bindMemory(to: Element.self)
        if order != nil {
            for value in values { target[order?.next() ?? 0] = value }
        } else {
            _ = UnsafeMutableBufferPointer(rebasing: target[start...]).update(fromContentsOf: values)
        }
    }

    /// Integers and bools, which are always finite, as float64.
    @inline(__always)
    private func widen<Source>(
        _ values: UnsafeBufferPointer<Source>, start: Int, order: inout FortranOrder?, _ double: (Source) -> Double
    ) {
        let target = output.bindMemory(to: Double.self)
        if order != nil {
            for value in values { target[order?.next() ?? 0] = double(value) }
        } else {
            for index in values.indices { target[start + index] = double(values[index]) }
        }
    }
}

/// The places in C order of the elements of a Fortran-ordered array, one after another.
struct FortranOrder {
    private let axes: [Int]
    /// Elements between neighbours along each axis in C order.
    private let strides: [Int]
    private var index: [Int]
    private var place = 0

    init(_ shape: ArrayShape) {
        axes = shape.axes
        index = [Int](repeating: 0, count: axes.count)
        var strides = index
        var stride = 1
        for axis in axes.indices.reversed() {
            strides[axis] = stride
            stride *= axes[axis]
        }
        self.strides = strides
    }

    /// The place of this element; then steps to the next.
    mutating func next() -> Int {
        let current = place
        for axis in axes.indices {
            index[axis] += 1
            place += strides[axis]
            if index[axis] < axes[axis] { break }
            place -= axes[axis] * strides[axis]
            index[axis] = 0
        }
        return current
    }

    /// The index along each axis of the element at `offset` in Fortran order.
    func index(ofElement offset: Int) -> [Int] {
        var rest = offset
        return axes.map { length in
            defer { rest /= length }
            return rest % length
        }
    }
}
