import Dynamics
import Foundation
import LinearAlgebra
import Testing

@Suite("Geometry of kernels")
struct KernelGeometryTests {
    /// A Aᵀ of random A [n, rank], positive semidefinite of that rank.
    static func kernel(_ n: Int, rank: Int, _ random: inout SplitMix) -> DenseMatrix {
        let a = random.matrix(n, rank)
        let kernel = DenseMatrix(rows: n, columns: n)
        kernel.setGram(a, threads: 1)
        return kernel
    }

    @Test("ranks lie between 1 and n and count the directions of multiples of projections", arguments: 0..<20)
    func ranks(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let n = Int.random(in: 1...20, using: &random)
        let rank = Int.random(in: 1...n, using: &random)
        let geometry = try KernelGeometry(overwriting: Self.kernel(n, rank: rank, &random))
        #expect(geometry.rank == rank, "seed \(seed): \(geometry.spectrum.eigenvalues)")
        let ranks = try [geometry.spectrum.effectiveRank, geometry.participationRatio, geometry.stableRank].map { try #require($0) }
        for value in ranks { #expect(value >= 1 - 1e-12 && value <= Double(rank) + 1e-9, "seed \(seed): \(ranks)") }
        // Rényi entropies fall with their order: 1, 2 and infinity.
        #expect(ranks[0] >= ranks[1] - 1e-12 && ranks[1] >= ranks[2] - 1e-12, "seed \(seed): \(ranks)")
        let eigenvalues = geometry.spectrum.eigenvalues
        #expect(abs(geometry.trace - eigenvalues.reduce(0, +)) < 1e-12 * geometry.trace)
        #expect(abs(geometry.frobeniusNorm - eigenvalues.reduce(0) { $0 + $1 * $1 }.squareRoot()) < 1e-12 * geometry.frobeniusNorm)

        // All eigenvalues alike: every measure is n.
        let identity = DenseMatrix(rows: n, columns: n)
        for i in 0..<n { identity[i, i] = 3e150 }
        let even = try KernelGeometry(overwriting: identity)
        for value in [even.spectrum.effectiveRank, even.participationRatio, even.stableRank] {
            try #expect(abs(#require(value) - Double(n)) < 1e-9, "seed \(seed)")
        }
        #expect(even.rank == n && abs(even.frobeniusNorm / 3e150 - Double(n).squareRoot()) < 1e-9)
    }

    /// Without the clamp some of these come out as 1.0000000000000002.
    @Test("no alignment is above 1 or below -1", arguments: 0..<200)
    func neverAboveOne(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let n = Int.random(in: 2...12, using: &random)
        let y = random.matrix(n, 1)
        let own = DenseMatrix(rows: n, columns: n)
        own.setGram(y, scale: 0.7, threads: 1)
        for centred in [false, true] {
            let same = try #require(KernelGeometry.alignment(own, own.copy(), centred: centred))
            let opposite = DenseMatrix(rows: n, columns: n, values: own.elements.map { -$0 })
            let against = try #require(KernelGeometry.alignment(own, opposite, centred: centred))
            #expect(same <= 1 && same > 1 - 1e-12 && against >= -1 && against < -1 + 1e-12, "seed \(seed): \(same), \(against)")
        }
        let targets = try #require(KernelGeometry(overwriting: own, targets: y).targets)
        let (plain, centred) = try (#require(targets.alignment), #require(targets.centredAlignment))
        #expect(plain <= 1 && centred <= 1, "seed \(seed): \(plain), \(centred)")
    }

    @Test("the kernel of the targets is aligned with them by 1, every kernel by 0 to 1", arguments: 0..<20)
    func alignments(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let n = Int.random(in: 3...20, using: &random)
        let y = random.matrix(n, Int.random(in: 1...3, using: &random))
        let own = DenseMatrix(rows: n, columns: n)
        own.setGram(y, scale: 7, threads: 1)
        let best = try #require(KernelGeometry(overwriting: own, targets: y).targets)
        #expect(try abs(#require(best.alignment) - 1) < 1e-12 && abs(#require(best.centredAlignment) - 1) < 1e-12, "seed \(seed): \(best)")
        // The targets lie in the range of their own kernel.
        #expect(abs(best.energy.prefix(y.columns).reduce(0, +) - 1) < 1e-12, "seed \(seed)")

        let kernel = Self.kernel(n, rank: n, &random)
        let copy = kernel.copy()
        let other = try #require(KernelGeometry(overwriting: kernel, targets: y).targets)
        let (plain, centred) = try (#require(other.alignment), #require(other.centredAlignment))
        #expect(plain > 0 && plain <= 1 && centred >= 0 && centred <= 1, "seed \(seed): \(other)")
        #expect(abs(other.energy.reduce(0, +) - 1) < 1e-12 && other.energy.allSatisfy { $0 >= 0 }, "seed \(seed)")

        // By the definition, with the n × n matrices written out.
        let gram = DenseMatrix(rows: n, columns: n)
        gram.setGram(y, threads: 1)
        func centre(_ a: DenseMatrix) -> DenseMatrix {
            let h = DenseMatrix(rows: n, columns: n)
            for i in 0..<n { for j in 0..<n { h[i, j] = (i == j ? 1 : 0) - 1 / Double(n) } }
            return DenseMatrix.product(DenseMatrix.product(h, a, threads: 1), h, threads: 1)
        }
        func cosine(_ a: DenseMatrix, _ b: DenseMatrix) -> Double {
            func inner(_ a: DenseMatrix, _ b: DenseMatrix) -> Double { zip(a.values, b.values).reduce(0) { $0 + $1.0 * $1.1 } }
            return inner(a, b) / (inner(a, a) * inner(b, b)).squareRoot()
        }
        #expect(abs(plain - cosine(copy, gram)) < 1e-12 && abs(centred - cosine(centre(copy), centre(gram))) < 1e-11, "seed \(seed)")
        try #expect(abs(#require(KernelGeometry.alignment(copy, gram, centred: false)) - plain) < 1e-12)
        try #expect(abs(#require(KernelGeometry.alignment(copy, gram, centred: true)) - centred) < 1e-11)
    }

    @Test("alignment with nothing is not a number")
    func nothing() throws {
        let zero = DenseMatrix(rows: 3, columns: 3)
        let y = DenseMatrix(rows: 3, columns: 1, values: [0.1, 0.1, 0.1])
        let geometry = try KernelGeometry(overwriting: zero, targets: y)
        #expect(geometry.rank == 0 && geometry.participationRatio == nil && geometry.stableRank == nil && geometry.spectrum.effectiveRank == nil)
        #expect(geometry.targets?.alignment == nil && geometry.targets?.centredAlignment == nil)
        // Targets and a kernel that are constants have nothing left when they are centred.
        let ones = DenseMatrix(rows: 3, columns: 3, values: [Double](repeating: 0.7, count: 9))
        let constant = try KernelGeometry(overwriting: ones, targets: y)
        try #expect(abs(#require(constant.targets?.alignment) - 1) < 1e-12)
        #expect(constant.targets?.centredAlignment == nil)
    }

    @Test("angles are those of the feature vectors, exactly 0 on the diagonal; a row without variance is at right angles to all")
    func angles() {
        let features: [[Double]] = [[1, 0], [1, 1], [-2, 0], [0, 3], [0, 0]]
        let n = features.count
        let kernel = DenseMatrix(rows: n, columns: n)
        for i in 0..<n { for j in 0..<n { kernel[i, j] = features[i][0] * features[j][0] + features[i][1] * features[j][1] } }
        let (cosines, angles) = KernelGeometry.angles(of: kernel)
        let expected: [[Double]] = [[0, .pi / 4, .pi, .pi / 2], [.pi / 4, 0, 3 * .pi / 4, .pi / 4], [.pi, 3 * .pi / 4, 0, .pi / 2], [.pi / 2, .pi / 4, .pi / 2, 0]]
        for i in 0..<4 {
            for j in 0..<4 {
                #expect(abs(angles[i, j] - expected[i][j]) < 1e-7 && abs(cosines[i, j] - cos(expected[i][j])) < 1e-15)
            }
            #expect(angles[i, i] == 0 && cosines[i, i] == 1 && cosines[i, 4] == 0 && angles[4, i] == .pi / 2)
        }
    }
}
