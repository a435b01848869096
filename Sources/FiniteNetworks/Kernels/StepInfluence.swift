import Foundation

/// What one step of gradient descent on a few examples x' does to the outputs of a network at other inputs x: the change that the
/// tangent kernel predicts, −η Σ Θ(x, x') ∂L/∂f(x'), and the change itself, which differs from it by O(η²).
public struct StepInfluence: Sendable, Equatable {
    /// The step: on which examples, down which loss, how far.
    public struct Step: Sendable {
        /// [s, inputs]
        public var inputs: [Double]
        /// [s, outputs]
        public var targets: [Double]
        public var loss: Loss
        public var learningRate: Double

        public init(inputs: [Double], targets: [Double], loss: Loss, learningRate: Double) {
            (self.inputs, self.targets, self.loss, self.learningRate) = (inputs, targets, loss, learningRate)
        }
    }

    /// f(x) before the step [m, k].
    public private(set) var outputs: [Double] = []
    /// Θ(x, x') averaged over outputs [m, s].
    public private(set) var kernel: [Double] = []
    /// −η Σ_j Σ_q Θ_oq(x, x'_j) ∂L/∂f_q(x'_j) [m, k].
    public private(set) var predicted: [Double] = []
    /// f(x) after the step less f(x) before [m, k].
    public private(set) var change: [Double] = []
    /// ∂L/∂f(x') [s, k].
    public private(set) var gradient: [Double] = []
    /// Of the examples of the step, before and after it.
    public private(set) var loss = (before: 0.0, after: 0.0)
    /// The norm of change − predicted for the step and for half of it.
    private var defects = (whole: 0.0, half: 0.0)

    /// ‖change − predicted‖/‖change‖; nil where nothing changes.
    public var relativeDefect: Double? {
        let size = norm(change)
        return size > 0 ? defects.whole / size : nil
    }

    /// log₂ of how the defect falls when the step is halved: 2 where the network bends; nil where the defect is no more than rounding.
    public var defectOrder: Double? {
        guard defects.half > 1e-12 * (norm(outputs) + norm(change)), defects.whole > 0 else { return nil }
        return log2(defects.whole / defects.half)
    }

    /// Takes the step, and looks at the points block by block.
    ///
    /// - Parameters:
    ///   - parameters: All of the network's, not changed.
    ///   - points: x, [m, inputs].
    /// - Returns: nil where the computation was cancelled.
    ///
    /// Complexity: k + 3 passes over the points, and as many products of layers' factors as k² m s kernels take.
    public init?(
        of network: FiniteNetwork, parameters: [Double], points: [Double], step: Step, progress: (Int, Int) -> Void = { _, _ in },
        isCancelled: () -> Bool = { false }
    ) {
        let (length, k) = (network.inputCount, network.outputCount)
        let (m, s) = (points.count / length, step.inputs.count / length)
        let block = Self.block(of: network, steps: s)
        let tape = NetworkTape<Double>(network, capacity: block + s)
        func outputs(_ parameters: [Double], _ rows: [Double]) -> [Double] {
            tape.forward(parameters, rows, count: rows.count / length)
            return Array(UnsafeBufferPointer(start: tape.outputs, count: tape.count * k))
        }
        func value(_ outputs: [Double]) -> Double {
            outputs.withUnsafeBufferPointer { outputs in step.targets.withUnsafeBufferPointer { step.loss.value(outputs, $0, outputs: k) } }
        }

        let before = outputs(parameters, step.inputs)
        gradient = step.loss.gradient(before, step.targets, outputs: k)
        var descent = [Double](repeating: 0, count: network.parameterCount)
        tape.backward(parameters, outputDelta: gradient, gradient: &descent)
        let moved = zip(parameters, descent).map { $0 - step.learningRate * $1 }
        let halfway = zip(parameters, descent).map { $0 - step.learningRate / 2 * $1 }
        loss = (value(before), value(outputs(moved, step.inputs)))

        for first in stride(from: 0, to: m, by: block) {
            if isCancelled() { return nil }
            let rows = min(block, m - first)
            let these = Array(points[first * length..<(first + rows) * length])
            let old = outputs(parameters, these + step.inputs).prefix(rows * k)
            let theta = KernelFactors(tape, parameters).full(0..<rows, rows..<rows + s)
            let predicted = (0..<rows * k).map { at in
                -step.learningRate * (0..<s * k).reduce(0) { $0 + theta[at * s * k + $1] * gradient[$1] }
            }
            for i in 0..<rows {
                for j in 0..<s { kernel.append((0..<k).reduce(0) { $0 + theta[(i * k + $1) * s * k + j * k + $1] } / Double(k)) }
            }
            let change = zip(outputs(moved, these), old).map { $0 - $1 }
            let half = zip(outputs(halfway, these), old).map { $0 - $1 }
            for at in change.indices {
                defects.whole += (change[at] - predicted[at]) * (change[at] - predicted[at])
                defects.half += (half[at] - predicted[at] / 2) * (half[at] - predicted[at] / 2)
            }
            self.outputs += old
            self.predicted += predicted
            self.change += change
            progress(first + rows, m)
        }
        defects = (defects.whole.squareRoot(), defects.half.squareRoot())
    }

    /// How many points go at once: their Jacobians of positions, or the factors of their kernels, take some 64 MB.
    private static func block(of network: FiniteNetwork, steps: Int) -> Int {
        let k = network.outputCount
        let factors = network.layers.reduce(0) { sum, layer in
            sum + (layer.positions > 1 || layer.window != nil ? k * layer.weight.count : layer.fanIn + k * layer.fanOut)
        }
        return min(max((1 << 23) / max(1, factors + k * k * steps), 1), 256)
    }

    public static func == (left: StepInfluence, right: StepInfluence) -> Bool {
        left.outputs == right.outputs && left.kernel == right.kernel && left.predicted == right.predicted && left.change == right.change
            && left.gradient == right.gradient && left.loss == right.loss && left.defects == right.defects
    }
}

private func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
