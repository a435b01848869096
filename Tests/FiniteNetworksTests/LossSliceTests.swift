import JSON
import Testing

@testable import FiniteNetworks

struct LossSliceTests {
    private let layers = "{\"type\": \"dense\", \"width\": 7, \"bias_std\": 0.3}, \"erf\", {\"type\": \"dense\", \"width\": 6}, \"tanh\", {\"type\": \"dense\", \"width\": 2, \"bias_std\": 0.1}"

    private func trained(_ plan: TrainingPlan, snapshots: [Int]) throws -> RunResult {
        var plan = plan
        plan.snapshotSteps = snapshots
        let sweep = try #require(TrainingSweep(plan, widths: nil, seeds: [3], faults: Faults()))
        return try #require(try sweep.run(in: Double.self, threads: 1)?.first)
    }

    private func net(_ plan: TrainingPlan) throws -> FiniteNetwork {
        try #require(FiniteNetwork(plan.architecture, inputShape: plan.inputShape, faults: Faults()))
    }

    @Test(arguments: Loss.allCases, WeightPlane.Normalization.allCases)
    func theGradientIsTheSlopeOfTheLoss(_ loss: Loss, _ normalization: WeightPlane.Normalization) throws {
        var plan = try smallPlan(layers, outputs: 2)
        plan.loss = loss
        plan.train = TrainingData(rows: 5, inputs: plan.train.inputs, targets: [1, 0, 0, 1, 1, 0, 1, 0, 0, 1])
        (plan.outputScale, plan.centerOutputs) = (3, true)
        let network = try net(plan)
        let start = network.initialParameters(seed: 3)
        let center = network.initialParameters(seed: 4)
        let plane = WeightPlane.random(network, center: center, normalization: normalization, seed: 5)
        let slice = LossSlice(plan, network: network, start: start, plane: plane)
        let h = 1e-5
        for (a, b) in [(0.0, 0.0), (0.4, -0.7), (-0.2, 0.9)] {
            let here = slice.evaluate(a, b)
            let along = (slice.evaluate(a + h, b).value - slice.evaluate(a - h, b).value) / (2 * h)
            let across = (slice.evaluate(a, b + h).value - slice.evaluate(a, b - h).value) / (2 * h)
            let scale = 1 + abs(here.value) + abs(along) + abs(across)
            #expect(abs(here.alongFirst - along) < 1e-7 * scale && abs(here.alongSecond - across) < 1e-7 * scale)
        }
    }

    @Test func theCentreHasTheLossOfTheTraining() throws {
        var plan = try smallPlan(layers, outputs: 2)
        (plan.outputScale, plan.centerOutputs, plan.batchSize) = (2, true, 2)
        let run = try trained(plan, snapshots: [plan.steps])
        let network = try net(plan)
        let plane = WeightPlane.random(network, center: run.snapshots, normalization: .filter, seed: 1)
        let slice = LossSlice(plan, network: network, start: network.initialParameters(seed: 3), plane: plane)
        #expect(slice.evaluate(0, 0).value == run.records.loss.last)
    }

    @Test func directionsHaveTheNormsOfTheWeights() throws {
        let network = try network(
            "{\"layers\": [{\"type\": \"dense\", \"width\": 4, \"bias_std\": 0.3}, \"erf\", {\"type\": \"dense\", \"width\": 5, \"trainable\": false}, \"erf\", {\"type\": \"dense\", \"width\": 3}]}",
            inputShape: [2])
        let center = network.initialParameters(seed: 9)
        func squares(_ values: [Double], _ range: Range<Int>) -> Double { values[range].reduce(0) { $0 + $1 * $1 } }
        for normalization in WeightPlane.Normalization.allCases {
            let plane = WeightPlane.random(network, center: center, normalization: normalization, seed: 2)
            for direction in [plane.first, plane.second] {
                let own = network.trainableRanges.map { squares(center, $0) }
                let drawn = network.trainableRanges.map { squares(direction, $0) }
                let ratio: Double = own.reduce(0, +) / drawn.reduce(0, +)
                #expect(abs(ratio - 1) < 1e-13)
                if normalization != .network { for (a, b) in zip(own, drawn) { #expect(abs(a / b - 1) < 1e-13) } }
                // The frozen layer stays where it is.
                #expect(squares(direction, network.layers[1].parameters) == 0)
            }
            #expect(abs(plane.cosine) < 0.9 && plane.first != plane.second)
        }
        // Of one unit: column 2 of the first weight [2, 4], and its bias.
        let plane = WeightPlane.random(network, center: center, normalization: .filter, seed: 2)
        let unit = [2, 6, 10]
        #expect(abs(norm(unit.map { center[$0] }) / norm(unit.map { plane.first[$0] }) - 1) < 1e-13)
    }

    /// Points on two lines through the centre, orthogonal and of known lengths.
    @Test func principalDirectionsAreThoseOfThePath() throws {
        let (u, v) = ([0.6, 0.8, 0.0, 0.0], [0.0, 0.0, -1.0, 0.0])
        let center = [1.0, 2.0, 3.0, 4.0]
        let offsets = [(3.0, 0.0), (1.0, 0.2), (0.0, 0.1), (0.0, 0.0)]
        let path = offsets.flatMap { a, b in moved(moved(center, u, by: a), v, by: b) }
        let (plane, shares) = try WeightPlane.principal(path: path, center: center, components: (1, -1))
        #expect(abs(abs(dot(plane.first, u)) - 1) < 1e-3 && abs(abs(dot(plane.second, v)) - 1) < 1e-3)
        #expect(abs(plane.cosine) < 1e-14 && abs(plane.norms.0 - 1) < 1e-14 && abs(plane.norms.1 - 1) < 1e-14)
        #expect(shares.0 > 0.99 && abs(shares.0 + shares.1 - 1) < 1e-14)
        // A path in the plane lies in the plane.
        for t in 0..<4 {
            let (a, b) = plane.coordinates(of: path[4 * t..<4 * t + 4])
            let point = moved(moved(center, plane.first, by: a), plane.second, by: b)
            #expect(norm(minus(point, Array(path[4 * t..<4 * t + 4]))) < 1e-13)
            if t == 0 { #expect(a > 0 && b >= 0) }
        }
        let swapped = try WeightPlane.principal(path: path, center: center, components: (2, 1)).plane
        #expect(norm(minus(swapped.first, plane.second)) < 1e-13 && norm(minus(swapped.second, plane.first)) < 1e-13)
        for (path, count, components) in [(path, 2, (1, 3)), (path, 2, (1, -2)), (center, 0, (1, 2))] {
            let wanted = LossSliceError.fewDirections(count, wanted: [components.0, components.1])
            #expect(throws: wanted) { _ = try WeightPlane.principal(path: path, center: center, components: components) }
        }
    }
}
