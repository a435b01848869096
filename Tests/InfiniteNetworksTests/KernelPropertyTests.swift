import Architectures
import Foundation
import InfiniteNetworks
import LinearAlgebra
import Synchronization
import Testing

/// What the kernels are whatever the network: symmetric, positive semidefinite, consistent among themselves.
struct KernelPropertyTests {
    static let functions = closedForms + integrated
    /// Without the two whose derivative is defined to be 0.
    static let functionsWithSlopes = functions.filter { $0 != .sign && $0 != .rectifiedMonomial(degree: 0) && $0 != .monomial(degree: 0) }

    private func network(_ function: Nonlinearity) -> Architecture {
        Architecture(layers: [dense(1.3, 0.1), activation(function), dense(1.4, 0.2), activation(function), dense(1, 0.1)])
    }

    @Test(arguments: functions)
    func symmetricAndPositiveSemidefinite(function: Nonlinearity) throws {
        var generator = SplitMix(state: 31)
        let n = 70
        let results = try DenseStack(network(function), inputDimension: 6).results(generator.matrix(n, 6))
        for kind in [results.nngp, results.ntk] {
            for array in [kind.kernel, kind.cosine, kind.angle, kind.distance, Array(kind.layers.suffix(n * n))] {
                #expect((0..<n).allSatisfy { i in (0..<i).allSatisfy { j in array[i * n + j] == array[j * n + i] } })
            }
            #expect(Array(kind.layers.suffix(n * n)) == kind.kernel)
        }
        let excess = zip(results.ntk.kernel, results.nngp.kernel).map { $0 - $1 }
        var scale = 0.0
        for matrix in [results.nngp.kernel, results.ntk.kernel, excess] {
            let spectrum = try matrix.withUnsafeBufferPointer {
                try Spectrum(of: MatrixView(try #require($0.baseAddress), rows: n, columns: n))
            }
            let (largest, smallest) = (try #require(spectrum.largest), try #require(spectrum.smallest))
            // NTK − NNGP is nothing but rounding where no slope passes (sign).
            scale = max(scale, largest)
            #expect(smallest > -1e-13 * scale)
        }
    }

    @Test(arguments: functions, [false, true])
    func includesFollowFromTheKernel(function: Nonlinearity, rectangular: Bool) throws {
        var generator = SplitMix(state: 32)
        let (x1, x2) = (generator.matrix(40, 6), rectangular ? generator.matrix(17, 6) : nil)
        let stack = try DenseStack(network(function), inputDimension: 6)
        let results = try stack.results(x1, x2)
        let others = x2 == nil ? results : try stack.results(x2 ?? [])
        for (kind, other) in [(results.nngp, others.nngp), (results.ntk, others.ntk)] {
            var worst = (cosine: 0.0, distance: 0.0, angle: 0.0)
            for i in 0..<results.rows {
                for j in 0..<results.columns {
                    let index = i * results.columns + j
                    let (p, q, c) = (kind.diagonal[i], other.diagonal[j], kind.kernel[index])
                    let cosine = c / (p * q).squareRoot()
                    let distance = max(0, p + q - 2 * c).squareRoot()
                    worst.cosine = max(worst.cosine, abs(kind.cosine[index] - cosine))
                    worst.distance = max(worst.distance, abs(kind.distance[index] - distance) / p.squareRoot())
                    worst.angle = max(worst.angle, abs(kind.angle[index] - acos(min(1, cosine))))
                }
            }
            #expect(worst.cosine < 1e-14)
            // The formulas on the right lose half their digits where two rows coincide.
            #expect(worst.distance < 1e-6)
            #expect(worst.angle < 1e-6)
        }
    }

    @Test func distanceAndAngleKeepTheirDigitsForNearRows() throws {
        let step = 1e-7
        let stack = try DenseStack(Architecture(layers: [dense()]), inputDimension: 2)
        let results = try stack.results([[1, 0]], [[cos(step), sin(step)]])
        #expect(abs(results.nngp.angle[0] / step - 1) < 1e-8)
        #expect(abs(results.nngp.distance[0] / (step / 2.0.squareRoot()) - 1) < 1e-8)
    }

    /// Price's theorem (1958): κ̇ = ∂κ/∂c at fixed variances, by central differences of the kernel itself.
    @Test(arguments: functionsWithSlopes, [(1.0, 1.0, 0.3), (0.5, 2.0, -0.4), (3.0, 0.2, 0.6)])
    func derivativesFollowFromDuals(function: Nonlinearity, pair: (p: Double, q: Double, cosine: Double)) throws {
        let stack = try DenseStack(Architecture(layers: [dense(), activation(function)]), inputDimension: 2)
        func kernels(_ angle: Double) throws -> (covariance: Double, kappa: Double, slope: Double) {
            let (s, t) = ((2 * pair.p).squareRoot(), (2 * pair.q).squareRoot())
            let results = try stack.results([[s, 0]], [[t * cos(angle), t * sin(angle)]])
            let covariance = (pair.p * pair.q).squareRoot() * cos(angle)
            return (covariance, results.nngp.kernel[0], results.ntk.kernel[0] / covariance)
        }
        let angle = acos(pair.cosine)
        let (below, here, above) = (try kernels(angle - 1e-5), try kernels(angle), try kernels(angle + 1e-5))
        let difference = (above.kappa - below.kappa) / (above.covariance - below.covariance)
        #expect(abs(difference - here.slope) < 1e-8)
    }

    @Test func frozenLayersLeaveTheirTermOut() throws {
        let x: [[Double]] = [[1, 2], [-1, 0.5]]
        let frozen = try DenseStack(
            Architecture(layers: [dense(1.2, 0.1, trainable: false), relu, dense(1.1, 0.3, trainable: false)]), inputDimension: 2)
        #expect(try frozen.results(x).ntk.kernel == [0, 0, 0, 0])
        let last = try DenseStack(
            Architecture(layers: [dense(1.2, 0.1, trainable: false), relu, dense(1.1, 0.3)]), inputDimension: 2)
        let results = try last.results(x)
        for (ntk, nngp) in zip(results.ntk.kernel, results.nngp.kernel) { #expect(abs(ntk - nngp) <= 1e-15 * abs(nngp)) }
    }

    @Test func oneKindAlone() throws {
        var generator = SplitMix(state: 33)
        let x = generator.matrix(40, 6)
        let stack = try DenseStack(network(.gelu), inputDimension: 6)
        let both = try stack.results(x)
        let flat = x.flatMap(\.self)
        for kind in KernelKind.allCases {
            var values = [Double](repeating: .nan, count: 1600)
            try values.withUnsafeMutableBufferPointer { values in
                try flat.withUnsafeBufferPointer { flat in
                    let arrays = KernelArrays(kernel: values.baseAddress)
                    try stack.compute(
                        x1: MatrixView(try #require(flat.baseAddress), rows: 40, columns: 6),
                        into: kind == .nngp ? KernelDestinations(nngp: arrays) : KernelDestinations(ntk: arrays))
                }
            }
            #expect(values == (kind == .nngp ? both.nngp.kernel : both.ntk.kernel))
        }
    }

    @Test func progressIsOrderedAndCancellationStops() throws {
        var generator = SplitMix(state: 34)
        let flat = generator.matrix(300, 4).flatMap(\.self)
        let stack = try DenseStack(network(.gelu), inputDimension: 4)
        var out = [Double](repeating: 0, count: 90_000)
        let seen = Mutex<[Int]>([])
        func run(stopAfter: Int) throws {
            try out.withUnsafeMutableBufferPointer { out in
                try flat.withUnsafeBufferPointer { flat in
                    try stack.compute(
                        x1: MatrixView(try #require(flat.baseAddress), rows: 300, columns: 4),
                        into: KernelDestinations(ntk: KernelArrays(kernel: out.baseAddress)), threads: 2,
                        progress: { completed, total in
                            seen.withLock { $0.append(completed) }
                            #expect(total == 15)
                        },
                        isCancelled: { seen.withLock { $0.count } >= stopAfter })
                }
            }
        }
        try run(stopAfter: .max)
        #expect(seen.withLock { $0 } == Array(1...15))
        seen.withLock { $0 = [] }
        #expect(throws: KernelError.cancelled) { try run(stopAfter: 3) }
        #expect(seen.withLock { $0.count } < 6)
    }

    @Test func emptyInputsAreFine() throws {
        let stack = try DenseStack(network(.gelu), inputDimension: 4)
        let place = [0.0]
        try place.withUnsafeBufferPointer { place in
            try stack.compute(
                x1: MatrixView(try #require(place.baseAddress), rows: 0, columns: 4), into: KernelDestinations<Double>())
        }
        #expect(throws: KernelError.inputDimension(.x1, found: 3, expected: 4)) {
            try place.withUnsafeBufferPointer { place in
                try stack.compute(
                    x1: MatrixView(try #require(place.baseAddress), rows: 0, columns: 3), into: KernelDestinations<Double>())
            }
        }
    }
}
