@testable import InfiniteNetworks
import Testing

/// Copies across the diagonal of a result, in place of a tile's second computation.
struct TransposeTests {
    /// A stride of 1100 makes the target larger than a cache, which goes another way; 7 columns in, rows are not aligned.
    @Test(arguments: [(1, 1), (8, 8), (7, 9), (256, 256), (33, 250), (300, 17), (16, 5)], [300, 1100])
    func transposes(size: (rows: Int, columns: Int), stride: Int) {
        let (rows, columns) = size
        check(Double.self, rows, columns, stride)
        check(Float.self, rows, columns, stride)
    }

    private func check<Scalar: KernelScalar>(_ type: Scalar.Type, _ rows: Int, _ columns: Int, _ stride: Int) {
        let source = (0..<rows * stride).map { Scalar($0) }
        var target = [Scalar](repeating: -1, count: (columns + 1) * stride + 7)
        target.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            Scalar.transpose(source, stride: stride, rows: rows, columns: columns, into: base + 7, stride: stride)
        }
        let isRight = (0..<(columns + 1) * stride).allSatisfy { index in
            let (row, column) = (index / stride, index % stride)
            let expected = row < columns && column < rows ? source[column * stride + row] : -1
            return target[7 + index] == expected
        }
        #expect(isRight, "\(type) \(rows) x \(columns), and nothing beside it")
    }

    @Test(arguments: [1, 2, 7, 8, 9, 16, 100, 256, 300])
    func mirrors(count: Int) {
        let stride = count + 3
        var block = (0..<count * stride).map { Double($0) }
        let before = block
        block.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            Double.mirror(base, stride: stride, count: count)
        }
        let isRight = block.indices.allSatisfy { index in
            let (row, column) = (index / stride, index % stride)
            return block[index] == (column < row ? before[column * stride + row] : before[index])
        }
        #expect(isRight)
    }
}
