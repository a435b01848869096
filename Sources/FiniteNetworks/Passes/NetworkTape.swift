/// What a network computes for up to `capacity` examples at once, and the memory for it: values of the last forward pass,
/// derivatives of its nonlinearities, and on demand the buffers of backward and tangent passes. Nothing is allocated after the
/// first pass of a kind.
///
/// A tape belongs to one thread at a time. All matrices are row-major; a value is [examples, positions, channels].
public final class NetworkTape<Scalar: NetworkScalar> {
    public let network: FiniteNetwork
    public let capacity: Int
    /// How many functions of the outputs a backward pass carries back at once; each has deltas of its own.
    let lanes: Int
    /// Examples of the last forward pass.
    public private(set) var count = 0

    /// By value; number 0 holds the inputs.
    var values: [UnsafeMutablePointer<Scalar>?]
    /// By node: φ' of a nonlinearity [examples, elements]; 1/σ of a layer normalization [examples, groups].
    var slopes: [UnsafeMutablePointer<Scalar>?]
    /// By value, ∂L/∂value, one lane after another without gaps.
    var deltas: [UnsafeMutablePointer<Scalar>?]
    /// By value, the first and second derivatives along a direction in the space of parameters.
    var tangents: [UnsafeMutablePointer<Scalar>?]
    var curvatures: [UnsafeMutablePointer<Scalar>?]
    /// Scratch: patches of a convolution, and what lies between.
    private var scratch: [UnsafeMutablePointer<Scalar>?] = [nil, nil, nil]
    /// The loaded inputs, where they stay and are packed: [rows, features] and its transpose.
    var packedShape: PackedShape?
    var packedRows: PackedMatrix<Scalar>?
    var packedFeatures: PackedMatrix<Scalar>?
    /// The layer whose deltas are packed for its gradient, and where to.
    var packedDeltas: (layer: Int, factor: PackedFactor<Scalar>)?
    /// Tapes of some of the examples each, with their first, where threads share passes.
    var parts: [(tape: NetworkTape, first: Int)] = []
    var team: ThreadTeam?
    /// A part's place among them: whose it is, and which row of the packed inputs its first one is.
    var place: (team: ThreadTeam, member: Int, firstRow: Int)?
    private var owned: [UnsafeMutablePointer<Scalar>] = []

    /// Which values depend on parameters, and which on trainable ones.
    let dependsOnParameters: [Bool]
    let dependsOnTrainable: [Bool]
    /// By node and input: whether it is the first to write that value's delta in a backward pass.
    let writesFirst: [[Bool]]

    /// Elements of the patches that one product of a convolution works on: 16 MB in float64.
    static var patchElements: Int { 1 << 21 }
    /// With at most this many rows a product is memory-bound, and w is read once by a loop of our own.
    static var fewRows: Int { 8 }

    /// - Parameter capacity: the most examples of a pass; memory is proportional to it.
    public convenience init(_ network: FiniteNetwork, capacity: Int) { self.init(network, capacity: capacity, lanes: 1) }

    /// - Parameter lanes: of backward passes; the memory of deltas is proportional to it.
    init(_ network: FiniteNetwork, capacity: Int, lanes: Int) {
        precondition(capacity >= 1 && lanes >= 1, "a tape holds at least one example")
        self.network = network
        self.capacity = capacity
        self.lanes = lanes
        let blank = [UnsafeMutablePointer<Scalar>?](repeating: nil, count: network.values.count)
        (values, deltas, tangents, curvatures) = (blank, blank, blank, blank)
        slopes = [UnsafeMutablePointer<Scalar>?](repeating: nil, count: network.nodes.count)
        var depends = [Bool](repeating: false, count: network.values.count)
        var dependsTrainable = depends
        for node in network.nodes {
            depends[node.output] = node.inputs.contains { depends[$0] }
            dependsTrainable[node.output] = node.inputs.contains { dependsTrainable[$0] }
            if case .affine(let layer) = node.operation {
                depends[node.output] = true
                if network.layers[layer].isTrainable { dependsTrainable[node.output] = true }
            }
        }
        (dependsOnParameters, dependsOnTrainable) = (depends, dependsTrainable)
        var written: Set<Int> = [network.output]
        writesFirst = network.nodes.reversed().map { node in node.inputs.map { written.insert($0).inserted } }.reversed()
        values[0] = allocate(network.inputCount * capacity)
        for node in network.nodes {
            values[node.output] = allocate(network.values[node.output].elements * capacity)
            switch node.operation {
            case .nonlinearity:
                slopes[node.output - 1] = allocate(network.values[node.output].elements * capacity)
            case .layerNorm(let groups, _):
                slopes[node.output - 1] = allocate(groups.groups.count * capacity)
            default: break
            }
        }
    }

    /// A tape of some of the loaded examples of another one, in whose memory it lies and with which it ends.
    init(partOf whole: NetworkTape, _ examples: Range<Int>) {
        (network, capacity, lanes, count) = (whole.network, examples.count, 1, examples.count)
        (dependsOnParameters, dependsOnTrainable, writesFirst) = (whole.dependsOnParameters, whole.dependsOnTrainable, whole.writesFirst)
        let blank = [UnsafeMutablePointer<Scalar>?](repeating: nil, count: network.values.count)
        (deltas, tangents, curvatures) = (blank, blank, blank)
        values = whole.from(examples.lowerBound, whole.values)
        slopes = whole.slopes
        for node in network.nodes {
            let perExample = if case .layerNorm(let groups, _) = node.operation { groups.groups.count } else { network.values[node.output].elements }
            slopes[node.output - 1] = slopes[node.output - 1].map { $0 + examples.lowerBound * perExample }
        }
    }

    /// Where an example's part of each value's buffer begins.
    private func from(_ example: Int, _ buffers: [UnsafeMutablePointer<Scalar>?]) -> [UnsafeMutablePointer<Scalar>?] {
        zip(buffers, network.values).map { buffer, shape in buffer.map { $0 + example * shape.elements } }
    }

    deinit {
        for buffer in owned { buffer.deallocate() }
    }

    func allocate(_ elements: Int) -> UnsafeMutablePointer<Scalar> {
        let buffer = UnsafeMutablePointer<Scalar>.allocate(capacity: max(1, elements))
        buffer.initialize(repeating: 0, count: max(1, elements))
        owned.append(buffer)
        return buffer
    }

    /// The buffers of one of the lists above, made the first time. Those of values that depend on no parameter keep the zeros they
    /// begin with; their deltas are never asked for.
    func prepare(_ buffers: ReferenceWritableKeyPath<NetworkTape, [UnsafeMutablePointer<Scalar>?]>) {
        guard self[keyPath: buffers][network.output] == nil else { return }
        let areDeltas = buffers == \.deltas
        self[keyPath: buffers] = network.values.enumerated().map { number, shape in
            guard !areDeltas || dependsOnTrainable[number] || number == network.output else { return nil }
            return allocate(shape.elements * capacity * (areDeltas ? lanes : 1))
        }
        for (tape, first) in parts { tape[keyPath: buffers] = from(first, self[keyPath: buffers]) }
    }

    /// Scratch memory number 0, 1 or 2 for patches: as much as any convolution needs for one block of examples.
    func patches(_ number: Int) -> UnsafeMutablePointer<Scalar> {
        if let buffer = scratch[number] { return buffer }
        let most = network.layers.filter { $0.window != nil }.map { block(of: $0) * $0.positions * $0.fanIn }.max() ?? 1
        let buffer = allocate(most)
        scratch[number] = buffer
        return buffer
    }

    /// Examples whose patches are made at once.
    func block(of layer: AffineLayer) -> Int {
        min(capacity, max(1, Self.patchElements / max(1, layer.positions * layer.fanIn)))
    }

    /// Copies the rows `inputs` [count, inputCount], which passes will read until others are loaded.
    public func load(_ inputs: UnsafePointer<Scalar>, count: Int) {
        inputBuffer(count: count).update(from: inputs, count: count * network.inputCount)
    }

    /// Where the caller writes `count` rows of inputs itself, instead of having them copied.
    func inputBuffer(count: Int) -> UnsafeMutablePointer<Scalar> {
        precondition(count <= capacity, "a tape was given more examples than it holds")
        self.count = count
        (packedShape, packedRows, packedFeatures, packedDeltas, parts, team) = (nil, nil, nil, nil, [], nil)
        return buffer(values[0])
    }

    /// A value of the last forward pass, [examples, positions, channels].
    func value(_ number: Int) -> UnsafePointer<Scalar> { UnsafePointer(buffer(values[number])) }

    /// A buffer that the pass has prepared.
    func buffer(_ buffer: UnsafeMutablePointer<Scalar>?) -> UnsafeMutablePointer<Scalar> {
        guard let buffer else { preconditionFailure("a pass read a buffer that no earlier pass prepared") }
        return buffer
    }

    /// What an affine layer read in the last forward pass: [examples, positions, channels] of its input.
    public func input(ofLayer layer: Int) -> UnsafePointer<Scalar> {
        for node in network.nodes {
            if case .affine(layer) = node.operation { return value(node.inputs[0]) }
        }
        preconditionFailure("the network has no affine layer \(layer)")
    }

    /// The network's outputs in the last forward pass, [examples, outputs].
    public var outputs: UnsafePointer<Scalar> { value(network.output) }
}
