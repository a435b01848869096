/// The training loss of a network on a plane of its parameters, with the gradient along the plane, in float64.
///
/// It belongs to one thread at a time.
public final class LossSlice {
    private let plan: TrainingPlan
    private let plane: WeightPlane
    private let data: TrainingTapes<Double>
    private var weights: [Double]
    private var gradient: [Double]
    private var slope: [Double]

    /// - Parameters:
    ///   - plan: With its training rows; test rows are left alone.
    ///   - start: The parameters that training started from, which centred outputs are measured from.
    public init(_ plan: TrainingPlan, network: FiniteNetwork, start: [Double], plane: WeightPlane) {
        var plan = plan
        (plan.test, plan.batchSize) = (nil, nil)
        self.plan = plan
        self.plane = plane
        data = TrainingTapes(plan, network, parameters: start)
        weights = plane.center
        gradient = [Double](repeating: 0, count: network.parameterCount)
        slope = data.outputs
    }

    /// L(c + a d₁ + b d₂), and ∂L/∂a = ∇L·d₁, ∂L/∂b = ∇L·d₂: a forward and a backward pass of all rows.
    public func evaluate(_ a: Double, _ b: Double) -> (value: Double, alongFirst: Double, alongSecond: Double) {
        for i in weights.indices { weights[i] = plane.center[i] + a * plane.first[i] + b * plane.second[i] }
        data.forward(weights)
        data.slope(data.train, nil, into: &slope)
        // F = α f, so that the slope with respect to f is α times that with respect to F.
        let delta = slope.map { $0 * plan.outputScale }
        data.train.backward(weights, outputDelta: delta, gradient: &gradient)
        return (data.loss, WeightPlane.dot(gradient, plane.first), WeightPlane.dot(gradient, plane.second))
    }
}
