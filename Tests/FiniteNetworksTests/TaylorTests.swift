import Testing

@testable import FiniteNetworks

struct TaylorTests {
    static let smooth = [
        SmallNetwork.layers("tanh", [4], "\(SmallNetwork.dense3), \"tanh\", \(SmallNetwork.dense3), \"tanh\", \(SmallNetwork.dense3)"),
        SmallNetwork.layers("gelu", [4], "\(SmallNetwork.dense3), \"gelu\", \(SmallNetwork.dense3)", "standard"),
    ] + SmallNetwork.structures.filter { ["conv valid", "conv circular", "avg pool", "layer norm of images", "serial and repeat", "frozen"].contains($0.name) }

    private func expand(_ small: SmallNetwork, seed: UInt64, scales: [Double], rows: Int = 5) throws -> TaylorExpansion {
        let network = try network(small.document, inputShape: small.inputShape)
        let w = network.initialParameters(seed: seed)
        let u = network.randomDisplacement(seed: seed + 1, norm: 0.1 * w.norm(over: network.trainableRanges))
        return try TaylorExpansion(network, at: w, along: u, scales: scales, inputs: numbers(rows * network.inputCount, seed: 9))
    }

    /// The orders of the two expansions of a smooth network, at scales where neither the next term nor rounding matters.
    @Test(arguments: smooth, [1, 2, 3])
    func errorsFallAsTheSquareAndTheCube(_ small: SmallNetwork, seed: UInt64) throws {
        let expansion = try expand(small, seed: seed, scales: [0.002, 0.005, 0.01, 0.02])
        for (order, expected) in [(TaylorExpansion.Order.linear, 2.0), (.quadratic, 3.0)] {
            for errors in [expansion.errors(order).rms, expansion.errors(order).max] {
                let law = try #require(expansion.law(of: errors), "seed \(seed)")
                #expect(abs(law.law.slope - expected) < 0.05, "seed \(seed)")
            }
        }
    }

    /// Two dense layers with nothing between are bilinear in their weights: second order is all there is.
    @Test func bilinearNetworksAreTheirSecondOrder() throws {
        let small = SmallNetwork.layers("bilinear", [4], "{\"type\": \"dense\", \"width\": 3}, {\"type\": \"dense\", \"width\": 2}")
        let expansion = try expand(small, seed: 4, scales: [0.1, 1, 10])
        let largest = expansion.outputs.map(abs).max() ?? 0
        #expect(expansion.errors(.quadratic).max.allSatisfy { $0 < 1e-13 * largest })
        #expect(expansion.law(of: expansion.errors(.quadratic).max) == nil, "rounding has no slope")
        let slope = try #require(expansion.law(of: expansion.errors(.linear).rms)).law.slope
        #expect(abs(slope - 2) < 1e-10)
    }

    /// A network that is linear in its parameters is its own linearisation.
    @Test func linearNetworksHaveNoError() throws {
        let expansion = try expand(.layers("linear", [4], SmallNetwork.dense3), seed: 5, scales: [0.5, 1])
        #expect(expansion.errors(.linear).max.allSatisfy { $0 < 1e-14 })
        #expect(expansion.second.allSatisfy { $0 == 0 })
    }

    /// Of m rectifiers about m s cross their kinks up to s, each with an error of order s/√m and the sign of its outgoing weight:
    /// together s^(3/2) in both expansions, along a direction that knows nothing of the signs.
    @Test func wideKinkedNetworksHaveSlopeThreeHalvesTwice() throws {
        let small = SmallNetwork.layers(
            "relu", [4], "{\"type\": \"dense\", \"width\": 20000, \"bias_std\": 0.3}, \"relu\", {\"type\": \"dense\", \"width\": 1}")
        let network = try network(small.document, inputShape: small.inputShape)
        let w = network.initialParameters(seed: 6)
        let u = network.randomDisplacement(seed: 7, norm: 0.1 * norm(w))
        let expansion = try TaylorExpansion(network, at: w, along: u, scales: [0.05, 0.1, 0.2, 0.5, 1], inputs: numbers(200 * 4, seed: 8))
        for order in TaylorExpansion.Order.allCases {
            let slope = try #require(expansion.law(of: expansion.errors(order).rms)).law.slope
            #expect(slope > 1.35 && slope < 1.65, "\(order): \(slope)")
        }
    }

    /// Blocks of rows are a matter of memory only.
    @Test func rowsDoNotInteract() throws {
        let network = try network("{\"layers\": [{\"type\": \"dense\", \"width\": 5}, \"tanh\", {\"type\": \"dense\", \"width\": 2}]}", inputShape: [2])
        let rows = 2 * TaylorExpansion.blockRows + 3
        let (w, x) = (network.initialParameters(seed: 1), numbers(2 * rows, seed: 2))
        let u = network.randomDisplacement(seed: 3, norm: 1)
        let all = try TaylorExpansion(network, at: w, along: u, scales: [0.5, 1], inputs: x)
        for row in [0, TaylorExpansion.blockRows, rows - 1] {
            let one = try TaylorExpansion(network, at: w, along: u, scales: [0.5, 1], inputs: Array(x[2 * row..<2 * row + 2]))
            for scale in 0..<2 {
                let from = (scale * rows + row) * 2
                #expect(norm(minus(Array(all.outputs[from..<from + 2]), Array(one.outputs[2 * scale..<2 * scale + 2]))) < 1e-13)
            }
            #expect(norm(minus(Array(all.second[2 * row..<2 * row + 2]), one.second)) < 1e-13)
        }
    }

    @Test func displacementsHaveTheirNormAndLeaveFrozenLayersAlone() throws {
        let small = try #require(SmallNetwork.structures.first { $0.name == "frozen" })
        let network = try network(small.document, inputShape: small.inputShape)
        let u = network.randomDisplacement(seed: 1, norm: 3)
        #expect(abs(norm(u) - 3) < 1e-14)
        for layer in network.layers { #expect(u[layer.parameters].allSatisfy { ($0 != 0) == layer.isTrainable }) }
        #expect(u != network.randomDisplacement(seed: 2, norm: 3))
    }

    @Test func overflowIsNamedWithItsScale() throws {
        let small = SmallNetwork.layers("exp", [2], "{\"type\": \"dense\", \"width\": 3}, \"exp\", {\"type\": \"dense\", \"width\": 1}")
        #expect(throws: TaylorError.notFinite(scale: 1e6)) { try expand(small, seed: 1, scales: [1, 1e6]) }
    }

    @Test func progressMayStop() throws {
        struct Stop: Error {}
        let network = try network("{\"layers\": [{\"type\": \"dense\", \"width\": 1}]}", inputShape: [1])
        var seen = 0
        #expect(throws: Stop.self) {
            try TaylorExpansion(network, at: [1], along: [1], scales: [1, 2, 3], inputs: [1]) { done, all in
                #expect(all == 4)
                seen = done
                if done == 2 { throw Stop() }
            }
        }
        #expect(seen == 2)
    }
}
