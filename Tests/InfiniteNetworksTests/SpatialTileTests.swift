import Architectures
@testable import InfiniteNetworks
import LinearAlgebra
import Testing

/// How the work is cut must not be seen in the results.
struct SpatialTileTests {
    @Test(arguments: [flatten, globalAverage], [false, true])
    func tablesMadeAgainGiveTheSameBits(readout: Layer, isSymmetric: Bool) throws {
        var generator = SplitMix(state: 81)
        let network = try SpatialNetwork(
            Architecture(layers: [conv([3, 3]), relu, conv([3, 3]), relu, readout, dense()]), inputShape: [4, 5, 2])
        let plan = try #require(network.planes)
        func rows(_ count: Int, _ input: KernelError.Input) throws -> ImageRows {
            let flat = generator.matrix(count, 40).flatMap(\.self)
            return try flat.withUnsafeBufferPointer {
                try ImageRows(MatrixView(try #require($0.baseAddress), rows: count, columns: 40), as: input, dimension: 40)
            }
        }
        let left = try rows(70, .x1)
        let right = isSymmetric ? left : try rows(19, .x2)
        func kernel(budget: Int) throws -> [Double] {
            var out = [Double](repeating: .nan, count: 70 * right.images.count)
            let job = try #require(
                PlaneJob<Double>(network, plan, left, right, isSymmetric: isSymmetric, threads: 2, budget: budget))
            try out.withUnsafeMutableBufferPointer { out in
                try job.run(
                    into: KernelDestinations(ntk: KernelArrays(kernel: out.baseAddress)), threads: 2, report: { _ in },
                    progress: { _, _ in }, isCancelled: { false })
            }
            return out
        }
        let kept = try kernel(budget: PlaneTables<Double>.budget)
        #expect(kept.allSatisfy { $0.isFinite })
        #expect(try kernel(budget: 0) == kept)
    }

    @Test(arguments: [1, 7, 16, 33])
    func tilesCoverEachPairOnce(side: Int) {
        for isSymmetric in [false, true] {
            var seen = [Int](repeating: 0, count: 33 * 33)
            for tile in PairTile.tiles(rows: 33, columns: 33, symmetric: isSymmetric, side: side) {
                for i in tile.rows { for j in tile.columns where !isSymmetric || i < j { seen[i * 33 + j] += 1 } }
            }
            let expected = (0..<(33 * 33)).map { !isSymmetric || $0 / 33 < $0 % 33 ? 1 : 0 }
            #expect(seen == expected)
        }
    }

    @Test func pairsAreNumberedWithoutGaps() {
        let pairs = (0..<45).map(strictPair)
        #expect(Set(pairs.map { $0.0 * 10 + $0.1 }).count == 45)
        #expect(pairs.allSatisfy { $0.0 < $0.1 && $0.1 < 10 })
    }
}
