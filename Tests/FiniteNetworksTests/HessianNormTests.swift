import Foundation
import LinearAlgebra
import Testing

@testable import FiniteNetworks

/// ‖D²f‖ of small networks of several outputs against the dense second derivative, over architectures that look random.
struct HessianNormTests {
    /// D²f, one symmetric matrix [p, p] an output of a row.
    private struct SecondDerivative {
        let parameters: Int
        let hessians: [[Double]]

        init(_ network: FiniteNetwork, _ w: [Double], _ x: [Double]) {
            let tape = NetworkTape<Double>(network, capacity: x.count / network.inputCount)
            let outputs = tape.outputs(w, x).count
            let p = w.count
            var hessians = [[Double]](repeating: [Double](repeating: 0, count: p * p), count: outputs)
            func second(_ i: Int, _ j: Int) -> [Double] {
                var direction = [Double](repeating: 0, count: p)
                direction[i] += 1
                direction[j] += 1
                return tape.tangents(w, direction).second
            }
            // Of e_i + e_j the second derivative is H_ii + 2 H_ij + H_jj, of 2 e_i four times H_ii.
            let ends = (0..<p).map { second($0, $0).map { $0 / 4 } }
            for i in 0..<p {
                for j in 0...i {
                    let both = i == j ? [] : second(i, j)
                    for o in 0..<outputs {
                        let value = i == j ? ends[i][o] : (both[o] - ends[i][o] - ends[j][o]) / 2
                        (hessians[o][i * p + j], hessians[o][j * p + i]) = (value, value)
                    }
                }
            }
            (parameters, self.hessians) = (p, hessians)
        }

        func combined(_ c: [Double]) -> [Double] {
            let length = norm(c)
            var sum = [Double](repeating: 0, count: parameters * parameters)
            for (share, hessian) in zip(c, hessians) where share != 0 { for i in sum.indices { sum[i] += share / length * hessian[i] } }
            return sum
        }

        /// The spectral norm of a combination.
        func bend(_ c: [Double]) throws -> Double {
            let spectrum = try combined(c).withUnsafeBufferPointer {
                try Spectrum(of: MatrixView(try #require($0.baseAddress), rows: parameters, columns: parameters))
            }
            return max(abs(try #require(spectrum.largest)), abs(try #require(spectrum.smallest)))
        }

        /// The best of all combinations of two or three outputs on a grid, the highest of its points moved to their tops.
        func largestByScan() throws -> Double {
            let steps = hessians.count == 3 ? 24 : 180
            var points: [(c: [Double], value: Double)] = []
            for a in 0..<steps {
                let longitude = Double.pi * Double(a) / Double(steps)
                for b in 0..<(hessians.count == 3 ? steps : 1) {
                    let latitude = hessians.count == 3 ? .pi * (Double(b) / Double(steps) - 0.5) : 0
                    let c = [cos(latitude) * cos(longitude), cos(latitude) * sin(longitude)] + (hessians.count == 3 ? [sin(latitude)] : [])
                    points.append((c, try bend(c)))
                }
            }
            points.sort { $0.value > $1.value }
            return try points.prefix(6).map(top).max() ?? 0
        }

        private func top(near start: (c: [Double], value: Double)) throws -> Double {
            var (best, reach) = (start, 0.1)
            while reach > 1e-4 {
                let before = best.value
                for axis in best.c.indices {
                    for sign in [-1.0, 1] {
                        var c = best.c
                        c[axis] += sign * reach
                        let value = try bend(c)
                        if value > best.value { best = (c.map { [length = norm(c)] in $0 / length }, value) }
                    }
                }
                if best.value == before { reach /= 2 }
            }
            return best.value
        }

        /// The best of many climbs, each between combinations and the leading vectors of their Hessians by the power method.
        func largestByClimbs(_ starts: Int, seed: Int) throws -> Double {
            var best = 0.0
            for start in 0..<starts {
                var c = start < hessians.count ? hessians.indices.map { $0 == start ? 1.0 : 0 } : numbers(hessians.count, seed: seed * 1000 + start)
                var value = 0.0
                for _ in 0..<8 {
                    let hessian = combined(c)
                    let bound = try bend(c)
                    guard bound > value * (1 + 1e-5) else { break }
                    value = bound
                    // Of both signs in turn, each shifted so that it is the largest.
                    let vectors = [1.0, -1].map { sign in
                        (0..<60).reduce(numbers(parameters, seed: start + 7)) { vector, _ in
                            let product = times(hessian, vector)
                            let next = vector.indices.map { sign * product[$0] + bound * vector[$0] }
                            let length = norm(next)
                            return next.map { $0 / length }
                        }
                    }
                    let bends = vectors.map { u in hessians.map { dot(u, times($0, u)) } }
                    c = norm(bends[0]) > norm(bends[1]) ? bends[0] : bends[1]
                }
                best = max(best, value)
            }
            return best
        }

        private func times(_ matrix: [Double], _ vector: [Double]) -> [Double] {
            let n = vector.count
            return (0..<n).map { i in (0..<n).reduce(0) { $0 + matrix[i * n + $1] * vector[$1] } }
        }
    }

    /// A network of up to two hidden layers with these outputs, its parameters and rows.
    private func draw(_ seed: Int, outputs: Int, rows: Int, most: Int) throws -> (network: FiniteNetwork, w: [Double], x: [Double]) {
        var generator = SeededGenerator(state: UInt64(seed) &* 7919 &+ 17)
        let inputs = Int.random(in: 1...3, using: &generator)
        let hidden = (0..<Int.random(in: 1...2, using: &generator)).map { _ in
            let name = ["tanh", "erf", "relu"][Int.random(in: 0..<3, using: &generator)]
            return "{\"type\": \"dense\", \"width\": \(Int.random(in: 2...most, using: &generator)), \"bias_std\": 0.2}, \"\(name)\""
        }
        let network = try network(
            "{\"parameterization\": \"standard\", \"layers\": [\(hidden.joined(separator: ", ")), {\"type\": \"dense\", \"width\": \(outputs)}]}",
            inputShape: [inputs])
        return (network, network.initialParameters(seed: UInt64(seed)), (0..<rows * inputs).map { _ in Double.random(in: -2...2, using: &generator) })
    }

    private func found(_ network: FiniteNetwork, _ w: [Double], _ x: [Double]) -> Double {
        let tape = NetworkTape<Double>(network, capacity: x.count / network.inputCount)
        _ = tape.outputs(w, x)
        return HessianNorm(tape, w, isCancelled: { false }).value()
    }

    @Test(arguments: 0..<16)
    func isTheLargestOfAllCombinationsOfTwoOrThreeOutputs(seed: Int) throws {
        let (outputs, rows) = [(2, 1), (1, 2), (3, 1), (1, 3)][seed % 4]
        let (network, w, x) = try draw(seed, outputs: outputs, rows: rows, most: 4)
        let expected = try SecondDerivative(network, w, x).largestByScan()
        let found = found(network, w, x)
        print("seed \(seed): \(w.count) parameters, \(found) of \(expected)")
        #expect(found >= 0.995 * expected && found <= 1.0001 * expected)
    }

    @Test(arguments: 100..<104)
    func isNearTheLargestThatManyClimbsFind(seed: Int) throws {
        let (network, w, x) = try draw(seed, outputs: 2 + seed % 3, rows: 2 + seed % 2, most: 4)
        let expected = try SecondDerivative(network, w, x).largestByClimbs(24, seed: seed)
        let found = found(network, w, x)
        print("seed \(seed): \(w.count) parameters, \(found) of \(expected)")
        #expect(found > 0.99 * expected)
    }

    @Test func ofALinearNetworkItIsZero() throws {
        let network = try network("{\"layers\": [{\"type\": \"dense\", \"width\": 3, \"bias_std\": 0.1}]}", inputShape: [2])
        #expect(found(network, network.initialParameters(seed: 1), numbers(6)) < 1e-8)
    }
}
