import Foundation

/// Weights, the gradient they are moved against, and what the optimizer remembers; with their distance from the start.
final class WeightMover<Scalar: NetworkScalar> {
    private let network: FiniteNetwork
    private let optimizer: Optimizer
    /// Steps taken.
    private(set) var steps = 0
    let weights: UnsafeMutablePointer<Scalar>
    /// Where drift is measured from.
    let start: UnsafeMutablePointer<Scalar>
    /// Momentum, or Adam's two moments.
    private let moments: [UnsafeMutablePointer<Scalar>]
    private var madeGradient: UnsafeMutablePointer<Scalar>?
    /// Σ (w − start)² by layer; frozen layers stay at 0.
    private(set) var distances: [Double]
    private let count: Int

    /// - Parameter initial: where weights start; nil: at zero.
    init(_ network: FiniteNetwork, _ optimizer: Optimizer, initial: [Double]? = nil) {
        self.network = network
        self.optimizer = optimizer
        count = network.parameterCount
        distances = [Double](repeating: 0, count: network.layers.count)
        let remembered =
            switch optimizer {
            case .sgd(_, let momentum): momentum == 0 ? 0 : 1
            case .adam: 2
            }
        weights = Self.zeros(count)
        start = Self.zeros(count)
        moments = (0..<remembered).map { [count] _ in Self.zeros(count) }
        if let initial {
            for i in 0..<count { weights[i] = Scalar(initial[i]) }
            start.update(from: weights, count: count)
        }
    }

    deinit {
        for buffer in [weights, start] + moments { buffer.deallocate() }
        madeGradient?.deallocate()
    }

    private static func zeros(_ count: Int) -> UnsafeMutablePointer<Scalar> {
        let buffer = UnsafeMutablePointer<Scalar>.allocate(capacity: max(1, count))
        buffer.initialize(repeating: 0, count: max(1, count))
        return buffer
    }

    /// Zero but for what backward passes write; made when it is first asked for.
    var gradient: UnsafeMutablePointer<Scalar> {
        if let madeGradient { return madeGradient }
        let made = Self.zeros(count)
        madeGradient = made
        return made
    }

    /// Moves the weights against ``gradient``. O(parameters), one pass that measures the distances too.
    func move() {
        steps += 1
        for (index, layer) in network.layers.enumerated() where layer.isTrainable { move(layer, index) }
    }

    private func move(_ layer: AffineLayer, _ index: Int) {
        let (at, count) = (layer.parameters.lowerBound, layer.parameters.count)
        switch optimizer {
        case .sgd(let rate, let momentum):
            distances[index] = Scalar.descend(
                weights + at, gradient + at, velocity: moments.first.map { $0 + at }, start: start + at, rate: Scalar(rate),
                momentum: Scalar(momentum), count: count)
        case .adam(let rate, let beta1, let beta2, let epsilon):
            let (first, second) = (1 - pow(beta1, Double(steps)), (1 - pow(beta2, Double(steps))).squareRoot())
            distances[index] = Scalar.descendAdam(
                weights + at, gradient + at, moments[0] + at, moments[1] + at, start: start + at, rate: Scalar(rate * second / first),
                beta1: Scalar(beta1), beta2: Scalar(beta2),
                // Never zero, which would divide the zero moments of a dead unit by zero.
                epsilon: max(Scalar(epsilon * second), .leastNormalMagnitude), count: count)
        }
    }

    /// Takes a step of plain gradient descent within a backward pass, where every weight is read and written once; layers
    /// with more rows than ``NetworkTape/fewRows`` go by way of the gradient.
    func moveWithin(_ tape: NetworkTape<Scalar>, outputDelta: UnsafePointer<Scalar>) {
        steps += 1
        let isWritten = network.layers.contains { $0.isTrainable && !tape.isFew($0) }
        distances.withUnsafeMutableBufferPointer { distances in
            // A network that trains has layers.
            guard let base = distances.baseAddress else { return }
            tape.backward(
                weights, outputDelta: outputDelta, gradient: isWritten ? gradient : nil,
                descent: Descent(parameters: weights, start: start, rate: Scalar(optimizer.learningRate), distances: base))
        }
        for (index, layer) in network.layers.enumerated() where layer.isTrainable && !tape.isFew(layer) { move(layer, index) }
    }

    /// Whether a step may be taken within the backward pass.
    var movesWithin: Bool { moments.isEmpty && optimizer.isLinear }

    func encode(into writer: inout StateWriter) {
        writer.write(steps)
        writer.write(weights, count: count)
        for moment in moments { writer.write(moment, count: count) }
        writer.write(distances)
    }

    func decode(from reader: inout StateReader) throws(DamagedState) {
        steps = try reader.int()
        try reader.read(into: weights, count: count)
        for moment in moments { try reader.read(into: moment, count: count) }
        distances = try reader.doubles()
        guard distances.count == network.layers.count else { throw DamagedState() }
    }
}
