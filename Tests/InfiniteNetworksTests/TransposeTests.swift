import Architectures
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

    /// As it is, past the cache where the target is larger than one, and nothing beside it.
    @Test(arguments: [(1, 1), (7, 9), (256, 256), (33, 250)], [300, 1100])
    func places(size: (rows: Int, columns: Int), stride: Int) {
        let (rows, columns) = size
        let source = (0..<rows * columns).map { Double($0) }
        var target = [Double](repeating: -1, count: rows * stride + 7)
        target.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            Double.place(source, stride: columns, rows: rows, columns: columns, into: base + 7, stride: stride)
        }
        let isRight = (0..<rows * stride).allSatisfy { index in
            let (row, column) = (index / stride, index % stride)
            return target[7 + index] == (column < columns ? source[row * columns + column] : -1)
        }
        #expect(isRight, "\(rows) x \(columns), and nothing beside it")
    }

    /// Tiles of a large symmetric kernel are put together elsewhere; all of it is as where each stands alone.
    @Test func aLargeKernelIsThatOfItsBlocks() throws {
        var generator = SplitMix(state: 71)
        let x = generator.matrix(733, 3)
        let stack = try DenseStack(Architecture(layers: [dense(1.3, 0.1), relu, dense(1, 0.1)]), inputDimension: 3)
        let whole = try stack.results(x)
        let block = try stack.results(Array(x[250..<290]), x)
        for (large, small) in [(whole.nngp.kernel, block.nngp.kernel), (whole.ntk.kernel, block.ntk.kernel)] {
            let isAlike = (0..<40).allSatisfy { i in
                x.indices.allSatisfy { j in
                    let (above, below, alone) = (large[(250 + i) * 733 + j], large[j * 733 + 250 + i], small[i * 733 + j])
                    return above == below && abs(above - alone) <= 1e-13 * abs(alone) + 1e-15
                }
            }
            #expect(isAlike)
        }
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
