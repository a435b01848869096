import Architectures
import JSON

/// Everything that keeps an architecture from becoming a ``SpatialNetwork``, all at once and in document order.
public struct ArchitectureFaults: Error, Sendable, Equatable {
    public let faults: [Fault]
}

/// An infinitely wide network on inputs with positions (sequences and images), compiled for its kernels.
///
/// What must be kept of a pair of images follows from the layers: where only `flatten` joins positions, a pair is
/// known by its equal positions and costs O(layers × positions); before pooling and attention, by all pairs of
/// positions, O(layers × positions²). A network on vectors is the case of one position.
public struct SpatialNetwork: Sendable {
    let steps: [SpatialStep]
    let stepCount: Int
    let startsWithAllPairs: Bool
    let channels: Int
    /// The most positions at any layer.
    let largestExtent: Int
    /// The fast path, where the layers allow it. Nil takes the tensor pass instead.
    var planes: PlanePlan?

    /// Elements of an input row: positions × channels, in height, width, channel order.
    public let inputDimension: Int
    /// The layers in order, `serial` and `repeat` unrolled; a `parallel` layer counts as one.
    public var layerNames: [String] { steps.map(\.name) }
    /// Whether pairs of different positions are carried through some of the layers.
    public var needsAllPairs: Bool { startsWithAllPairs || steps.contains { $0.keepsAllPairs } }

    /// Compiles an architecture for inputs of shape [channels], [length, channels] or [height, width, channels].
    ///
    /// - Parameters:
    ///   - pointer: where the architecture stands in the request.
    ///   - shapePointer: where the input shape does.
    /// - Throws: ``ArchitectureFaults``: shapes that do not fit, layers on inputs that are not Gaussian, branches that depend
    ///   on each other, a network that does not end in one vector, positions too many to look up.
    public init(
        _ architecture: Architecture, inputShape: [Int], shapePointer: JSONPointer = .root.appending("input_shape")
    ) throws(ArchitectureFaults) {
        let faults = Faults()
        let trace = InfiniteNetwork.check(architecture, inputShape: inputShape, shapePointer: shapePointer, faults: faults)
        guard let trace, faults.isEmpty else { throw ArchitectureFaults(faults: faults.all) }
        if let fault = PlacementKey.fault(in: trace) { throw ArchitectureFaults(faults: [fault]) }
        var compiler = SpatialCompiler(parameterization: architecture.parameterization, trace: trace)
        var steps = compiler.compile(architecture.layers)
        startsWithAllPairs = steps.markPairs(neededAfter: false)
        self.steps = steps
        stepCount = compiler.count
        planes = PlanePlan(trace, steps)
        channels = trace.input.channels ?? 1
        largestExtent = trace.layers.reduce(trace.input.positions.reduce(1, *)) {
            max($0, $1.output.positions.reduce(1, *))
        }
        inputDimension = trace.input.elements ?? 1
    }
}
