import InfiniteNetworks
import LinearAlgebra

/// The kernels of one kind (NNGP or NTK) between n training and m test inputs.
///
/// The predictors overwrite the matrices: a factor takes the place of its kernel.
public struct KernelBlocks {
    /// [n, n], symmetric.
    public var train: DenseMatrix
    /// [m, n].
    public var testTrain: DenseMatrix?
    /// Of test inputs with themselves [m].
    public var testDiagonal: [Double]?
    /// [m, m], for a full covariance.
    public var testTest: DenseMatrix?

    /// - Parameter testDiagonal: Nil: that of `testTest`, where there is one.
    public init(
        train: DenseMatrix, testTrain: DenseMatrix? = nil, testDiagonal: [Double]? = nil, testTest: DenseMatrix? = nil
    ) {
        self.train = train
        self.testTrain = testTrain
        self.testDiagonal = testDiagonal ?? testTest?.diagonal
        self.testTest = testTest
    }
}

/// What is asked of infinitely wide networks trained by gradient flow on a squared loss.
public struct PredictionProblem {
    /// What is wanted of the spread of predictions: nothing, variances [m], or covariances [m, m].
    public enum Covariance: String, Sendable, CaseIterable { case none, diagonal, full }

    /// [n, k].
    public var targets: DenseMatrix
    /// In steps of the learning rate, in any order; `infinity` is the end of training.
    public var times: [Double]
    public var learningRate = 1.0
    public var loss = SquaredLoss.halfMean
    public var ridge = Ridge.relative(0)
    public var covariance = Covariance.none
    /// The outputs of one network at initialisation [n, k] and [m, k]; nil: the mean of the ensemble, which is zero.
    public var initialTrain: DenseMatrix?
    public var initialTest: DenseMatrix?
    public var leaveOneOut = false

    public init(targets: DenseMatrix, times: [Double] = [.infinity]) {
        self.targets = targets
        self.times = times
    }

    /// c η: what a step of the flow multiplies the kernel by.
    public var rate: Double { learningRate * loss.gradientScale(examples: targets.rows, outputs: targets.columns) }

    /// Refuses outputs at initialisation of other shapes than what they are added to: they are read element by element, and any
    /// other shape beyond its end.
    ///
    /// - Parameter testRows: Nil where there are no test inputs.
    /// - Throws: `misshapen`.
    public static func checkInitial(
        train: DenseMatrix?, test: DenseMatrix?, targets: DenseMatrix, testRows: Int?
    ) throws(DynamicsError) {
        for (name, matrix, rows) in [("training", train, targets.rows), ("test", test, testRows ?? 0)] {
            guard let matrix, matrix.rows != rows || matrix.columns != targets.columns else { continue }
            throw .misshapen(
                "the outputs at initialisation of the \(name) inputs have shape [\(matrix.rows), \(matrix.columns)], not [\(rows), \(targets.columns)]")
        }
    }

    func checkInitial(for blocks: KernelBlocks) throws(DynamicsError) {
        try Self.checkInitial(train: initialTrain, test: initialTest, targets: targets, testRows: blocks.testTrain?.rows)
    }

    /// f0 − y [n, k].
    var residual: DenseMatrix {
        let result = targets.copy()
        for i in 0..<result.count { result.base[i] = (initialTrain?.base[i] ?? 0) - targets.base[i] }
        return result
    }
}

/// What is predicted from one kind of kernel at T times.
public struct KindPrediction {
    /// At the test inputs [T m, k].
    public var mean: DenseMatrix?
    /// At the training inputs, as if they were test inputs [T n, k]: with a ridge, what the ridge fit says.
    public var trainMean: DenseMatrix
    /// The flow of the training outputs themselves [T n, k], which ends at the targets whatever the ridge; nil without a ridge,
    /// where it is the mean.
    public var trainInterpolation: DenseMatrix?
    /// [T m].
    public var variance: [Double]?
    /// [T m, m].
    public var covariance: DenseMatrix?
    /// Of each training row, predicted from all others at the end of training: mean [n, k] and variance [n].
    public var leaveOneOut: (mean: DenseMatrix, variance: [Double])?
    /// ln p(targets) of a Gaussian process with this kernel and the ridge for noise; nil where the kernel has no inverse or
    /// `initial` outputs are given.
    public var logMarginalLikelihood: Double?
    public var spectrum: SpectrumSummary
}

/// The ends of the spectrum of the training rows' kernel with its ridge.
public struct SpectrumSummary: Sendable, Equatable {
    public var lambdaMax: Double
    public var lambdaMin: Double
    /// The ridge as added to the diagonal.
    public var ridge: Double
    /// An eigenvalue of the inverse lies within this fraction of 1 / `lambdaMin`, and `lambdaMin` is not below the true one; zero
    /// where all eigenvalues were computed.
    public var lambdaMinError = 0.0

    /// How closely the smallest eigenvalue is looked for beside a Cholesky factor.
    public enum Precision: Sendable {
        /// A few solves with the factor; as good as they happen to be, which ``SpectrumSummary/lambdaMinError`` says.
        case estimate
        /// To 1e-10, which takes as long as several factorisations.
        case full

        var tolerance: Double { self == .full ? 1e-10 : 0.05 }
        var limit: Int { self == .full ? 120 : 12 }
    }

    public var conditionNumber: Double? {
        lambdaMin > 0 && (lambdaMax / lambdaMin).isFinite ? lambdaMax / lambdaMin : nil
    }
}
