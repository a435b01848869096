import Architectures
import JSON
import LinearAlgebra

/// An infinitely wide network on whatever its inputs are: vectors, whose layers run over tiles of the matrix, or sequences and
/// images, whose pairs carry positions.
public enum InfiniteNetwork: Sendable {
    case vectors(DenseStack)
    case positions(SpatialNetwork)

    /// Compiles an architecture for inputs of a shape [d], [length, channels] or [height, width, channels].
    ///
    /// - Parameters:
    ///   - shapePointer: where the input shape stands in the request; the architecture knows where it stands itself.
    /// - Throws: ``ArchitectureFaults``: all that keeps the network from having these kernels.
    public init(_ architecture: Architecture, inputShape: [Int], shapePointer: JSONPointer) throws(ArchitectureFaults) {
        guard inputShape.count == 1 else {
            self = .positions(try SpatialNetwork(architecture, inputShape: inputShape, shapePointer: shapePointer))
            return
        }
        let faults = Faults()
        let trace = Self.check(architecture, inputShape: inputShape, shapePointer: shapePointer, faults: faults)
        guard trace != nil, faults.isEmpty else { throw ArchitectureFaults(faults: faults.all) }
        do throws(ArchitectureError) {
            self = .vectors(try DenseStack(architecture, inputDimension: inputShape[0], at: architecture.pointer))
        } catch {
            throw ArchitectureFaults(faults: error.faults)
        }
    }

    /// All that keeps an architecture, or what could be read of one, from having kernels on inputs of a shape.
    ///
    /// - Parameters:
    ///   - inputShape: nil where it is not known: what does not hang on it is looked at.
    ///   - inputAxes: its spatial axes, where their number is known all the same.
    /// - Returns: the shapes through the network; nil where a fault was recorded, or there is no input shape.
    @discardableResult
    public static func check(
        _ architecture: Architecture, inputShape: [Int]?, inputAxes: Int? = nil, shapePointer: JSONPointer, faults: Faults
    ) -> ShapeTrace? {
        let survey = ShapeInference.survey(
            architecture, inputShape: inputShape, inputAxes: inputAxes, at: shapePointer, for: .infiniteKernel, faults: faults)
        GaussianInputs.check(architecture, survey: survey, faults: faults)
        if let axes = survey.output.axes, axes > 0 {
            faults.add(
                architecture.layers.last?.pointer ?? architecture.pointer,
                "The network ends in \(survey.output), which still has positions; put flatten or global_avg_pool after it.")
            return nil
        }
        return survey.trace
    }

    /// The layers in order, `serial` and `repeat` unrolled, after each of which the kernel is a matrix; nil where it has
    /// positions in between.
    public var layerNames: [String]? {
        if case .vectors(let stack) = self { stack.layerNames } else { nil }
    }

    /// Both kernels on the rows of x1 and x2 (nil: on x1 with itself), as ``DenseStack`` and ``SpatialNetwork`` compute them.
    public func compute<Scalar: KernelScalar>(
        x1: MatrixView<Scalar>, x2: MatrixView<Scalar>? = nil, into destinations: KernelDestinations<Scalar>, threads: Int = 1,
        report: (KernelRun) -> Void = { _ in }, progress: @Sendable (Int, Int) -> Void = { _, _ in },
        isCancelled: @Sendable () -> Bool = { false }
    ) throws(KernelError) {
        switch self {
        case .vectors(let stack):
            try stack.compute(
                x1: x1, x2: x2, into: destinations, threads: threads, report: report, progress: progress, isCancelled: isCancelled)
        case .positions(let network):
            try network.compute(
                x1: x1, x2: x2, into: destinations, threads: threads, report: report, progress: progress, isCancelled: isCancelled)
        }
    }
}

/// What a computation of kernels will take, told before it starts.
public struct KernelForecast: Sendable, Equatable {
    /// Bytes beside the inputs as sent and the results.
    public let workingBytes: Double
    /// Floating-point operations, to a factor of about two; to one of ten where a nonlinearity is integrated, as how finely
    /// depends on the inputs' variances.
    public let operations: Double

    /// A tile of the Gram matrix and its strips, on each thread.
    fileprivate static let tileBytes = 4.0 * 1024 * 1024
}

extension InfiniteNetwork {
    /// - Parameters:
    ///   - rows, columns: of the kernel; `columns` nil: symmetric.
    ///   - bytesPerElement: 4 or 8.
    public func forecast(rows: Int, columns: Int? = nil, bytesPerElement: Int, threads: Int) -> KernelForecast {
        switch self {
        case .vectors(let stack):
            let (n, m) = (Double(rows), Double(columns ?? 0))
            let pairs = columns == nil ? n * (n + 1) / 2 : n * m
            let d = Double(stack.inputDimension)
            return KernelForecast(
                // The normalised rows, what all threads share, and what each holds.
                workingBytes: (n + m) * d * Double(bytesPerElement) + Double(SharedTables<Double>.mostBytes)
                    + Double(threads)
                    * (KernelForecast.tileBytes + Double(TileSchedule.mostTableBytes(coefficients: stack.mostCoefficients))),
                operations: pairs * 2 * d + stack.operations(pairs: pairs))
        case .positions(let network):
            let forecast = network.forecast(rows: rows, columns: columns, bytesPerElement: bytesPerElement, threads: threads)
            let (n, m) = (Double(rows), Double(columns ?? 0))
            // Each input with itself besides.
            let pairs = columns == nil ? n * (n + 1) / 2 : n * m + n + m
            return KernelForecast(workingBytes: forecast.workingBytes, operations: pairs * network.operationsPerPair)
        }
    }

    /// How much of a pair of inputs is known after a layer.
    public enum PairExtent: String, Sendable, CaseIterable {
        /// The kernel of every pair of positions.
        case full
        /// The kernel of equal positions only.
        case diagonal
        /// One number: there are no positions.
        case single
    }

    /// For each layer of the network's own trace, what is kept of a pair after it.
    public func pairExtents(of trace: ShapeTrace) -> [PairExtent] {
        guard case .positions(let network) = self else { return trace.layers.map { _ in .single } }
        var kept = network.steps.flatMap(\.keptPairs)[...]
        var last = PairExtent.diagonal
        return trace.layers.map { entry in
            switch entry.layer.kind {
            case .serial, .repeat: break
            default: last = kept.popFirst() == true ? .full : .diagonal
            }
            return entry.output.positions.isEmpty ? .single : last
        }
    }
}

extension SpatialStep {
    /// Whether all pairs of positions are kept after it, in the order of a ``ShapeTrace``: what is inside of a parallel layer
    /// before the layer itself.
    fileprivate var keptPairs: [Bool] {
        guard case .parallel(let branches, _, _) = kind else { return [keepsAllPairs] }
        return branches.flatMap { $0.flatMap(\.keptPairs) } + [keepsAllPairs]
    }
}
