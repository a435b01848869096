import Architectures

/// How weights are moved against a gradient g with the learning rate η.
public enum Optimizer: Sendable, Equatable {
    /// v ← momentum · v + g, w ← w − η v, as PyTorch's `SGD`.
    case sgd(learningRate: Double, momentum: Double)
    /// Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
    case adam(learningRate: Double, beta1: Double, beta2: Double, epsilon: Double)

    public var learningRate: Double {
        switch self {
        case .sgd(let rate, _), .adam(let rate, _, _, _): rate
        }
    }

    /// Zero for Adam, whose steps are not a linear function of gradients.
    public var momentum: Double {
        if case .sgd(_, let momentum) = self { momentum } else { 0 }
    }

    /// Whether a step is −η times the gradient and nothing else.
    public var isPlainDescent: Bool { self == .sgd(learningRate: learningRate, momentum: 0) }

    /// Whether the displacement is a linear function of the gradients, so that the linearised network can be trained in
    /// function space.
    var isLinear: Bool {
        if case .sgd = self { true } else { false }
    }
}

/// What a training records beside the loss.
public enum Tracked: String, Sendable, CaseIterable {
    case weightDrift = "weight_drift"
    case kernelDrift = "kernel_drift"
    case linearized
    case outputs
    case pathKernel = "path_kernel"
    case tangents
    case kappa
}

/// Rows of inputs and, for most purposes, of targets.
public struct TrainingData: Sendable {
    public let rows: Int
    /// [rows, inputs], row-major.
    public let inputs: [Double]
    /// [rows, outputs]; nil: outputs are computed, no loss.
    public let targets: [Double]?

    public init(rows: Int, inputs: [Double], targets: [Double]?) {
        self.rows = rows
        self.inputs = inputs
        self.targets = targets
    }
}

/// Everything that decides a training but the width and the seed of the network.
public struct TrainingPlan: Sendable {
    public var architecture: Architecture
    public var inputShape: [Int]
    public var train: TrainingData
    public var test: TrainingData?
    public var loss = Loss.halfMean
    public var optimizer: Optimizer
    /// Nil: all rows at every step.
    public var batchSize: Int?
    public var steps: Int
    public var stopAtLoss: Double?
    public var recordEvery = 1
    public var tracked: Set<Tracked> = [.weightDrift]
    /// F = outputScale · (f(w) − f(w₀)) instead of outputScale · f(w).
    public var centerOutputs = false
    /// α of lazy training (arXiv 1812.07956): F = α f, and L(F)/α² is minimised.
    public var outputScale = 1.0
    /// Rows of the training set whose tangents' cosines are recorded.
    public var tangentRows: [Int] = []
    /// Steps after which the parameters are kept.
    public var snapshotSteps: [Int] = []
    /// Whether targets are classes, so that there is an accuracy.
    public var isClassification = false
    /// The parameters to start from instead of those of a seed.
    public var parameters: [Double]?

    public init(architecture: Architecture, inputShape: [Int], train: TrainingData, optimizer: Optimizer, steps: Int) {
        self.architecture = architecture
        self.inputShape = inputShape
        self.train = train
        self.optimizer = optimizer
        self.steps = steps
    }

    func tracks(_ what: Tracked) -> Bool { tracked.contains(what) }
}
