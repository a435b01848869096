import JSON

/// A network as the architecture document describes it, parsed and checked on its own (not yet against an input shape).
public struct Architecture: Sendable, Equatable {
    public var parameterization: Parameterization
    public var layers: [Layer]
    /// Where the description stands in its document.
    public var pointer: JSONPointer

    /// Whether something could not be read as it should be: a draft is for checks alone.
    public var isDraft: Bool
    /// Whether that is something that all layers hang on: the parameterization, or a member of a preset.
    public var isOpen: Bool

    public init(
        parameterization: Parameterization = .ntk, layers: [Layer], at pointer: JSONPointer = .root, isDraft: Bool = false,
        isOpen: Bool = false
    ) {
        self.parameterization = parameterization
        self.layers = layers
        self.pointer = pointer
        self.isDraft = isDraft
        self.isOpen = isOpen
    }
}

/// How weights are drawn and scaled.
public enum Parameterization: String, Sendable, CaseIterable {
    /// W, b ~ N(0, 1); z = weight_std / sqrt(fan_in) W x + bias_std b (arXiv 1806.07572).
    case ntk
    /// W ~ N(0, weight_std² / fan_in), b ~ N(0, bias_std²); z = W x + b.
    case standard
    /// W, b ~ U(-1/sqrt(fan_in), 1/sqrt(fan_in)), as PyTorch draws them; finite networks only.
    case pytorch
}

/// A layer and where it stands in the document, so that a later stage can name it in a fault.
public struct Layer: Sendable, Equatable {
    public var kind: LayerKind
    public var pointer: JSONPointer
    /// Whether a preset made the layer: its members stand nowhere in the document, and ``pointer`` is that of the preset.
    public var isFromPreset: Bool
    /// Members that cannot be relied on: at fault, or likely meant by one of an unknown name.
    public var openMembers: Set<String>

    public init(_ kind: LayerKind, at pointer: JSONPointer = .root, isFromPreset: Bool = false, openMembers: Set<String> = []) {
        self.kind = kind
        self.pointer = pointer
        self.isFromPreset = isFromPreset
        self.openMembers = openMembers
    }

    func isOpen(_ member: String) -> Bool { openMembers.contains(member) }

    /// The channels that the layer gives by a member.
    func channels(_ value: Int?, _ member: String) -> PartialShape.Channels {
        if isOpen(member) { return .open }
        return value.map { .known($0) } ?? .missing(of: pointer)
    }

    /// Where a member of the layer stands in the document.
    public func pointer(to member: String) -> JSONPointer { isFromPreset ? pointer : pointer.appending(member) }
}

public indirect enum LayerKind: Sendable, Equatable {
    case dense(Dense)
    case convolution(Convolution)
    case pool(Pool)
    case globalPool(PoolOperation)
    case flatten
    case layerNorm(LayerNorm)
    case dropout(keepRate: Double)
    case attention(Attention)
    case nonlinearity(Nonlinearity)
    case identity
    case serial([Layer])
    case `repeat`(times: Int, [Layer])
    case parallel(branches: [[Layer]], combine: Combination)
    /// What could not be read, with its type where that was: it holds the place, so that the layers around it are checked
    /// all the same. Only a draft has it (``ArchitectureParser/draft(_:at:faults:)``): no network comes of one.
    case unread(typeName: String?)
}

/// The scales of an affine layer's random weights. A `biasStd` of zero means that the layer has no bias parameter.
/// In the `pytorch` parameterization the draw is fixed and there is always a bias: both are 1 and mean nothing more.
public struct AffineScales: Sendable, Equatable {
    public var weightStd: Double
    public var biasStd: Double
    public var trainable: Bool

    public init(weightStd: Double = 1, biasStd: Double = 0, trainable: Bool = true) {
        self.weightStd = weightStd
        self.biasStd = biasStd
        self.trainable = trainable
    }
}

/// An affine map over the channel axis.
public struct Dense: Sendable, Equatable {
    public var width: Int?
    public var scales: AffineScales

    public init(width: Int? = nil, scales: AffineScales = AffineScales()) {
        self.width = width
        self.scales = scales
    }
}

public enum Padding: String, Sendable, CaseIterable { case valid, same, circular }

public struct Convolution: Sendable, Equatable {
    public enum Sharing: String, Sendable, CaseIterable { case shared = "conv", unshared = "conv_local", transposed = "conv_transpose" }
    public var sharing: Sharing
    public var channels: Int?
    /// One extent per spatial axis.
    public var filter: [Int]
    public var strides: [Int]
    public var padding: Padding
    public var scales: AffineScales

    public init(
        sharing: Sharing = .shared, channels: Int? = nil, filter: [Int], strides: [Int]? = nil, padding: Padding = .valid,
        scales: AffineScales = AffineScales()
    ) {
        self.sharing = sharing
        self.channels = channels
        self.filter = filter
        self.strides = strides ?? filter.map { _ in 1 }
        self.padding = padding
        self.scales = scales
    }
}

public enum PoolOperation: String, Sendable, CaseIterable { case average, sum }

public struct Pool: Sendable, Equatable {
    public var operation: PoolOperation
    public var window: [Int]
    public var strides: [Int]
    public var padding: Padding
    /// At padded edges divide by the number of cells inside the image, not by the whole window.
    public var normalizeEdges: Bool

    public init(operation: PoolOperation, window: [Int], strides: [Int]? = nil, padding: Padding = .valid, normalizeEdges: Bool = false) {
        self.operation = operation
        self.window = window
        self.strides = strides ?? window
        self.padding = padding
        self.normalizeEdges = normalizeEdges
    }
}

public struct LayerNorm: Sendable, Equatable {
    /// Axes of the whole array (0 is the batch and not allowed; -1 is the channel axis).
    public var axes: [Int]
    public var epsilon: Double

    public init(axes: [Int] = [-1], epsilon: Double = 1e-12) {
        self.axes = axes
        self.epsilon = epsilon
    }
}

/// Global self-attention in the infinite limit (arXiv 2006.10540).
public struct Attention: Sendable, Equatable {
    public enum Mechanism: String, Sendable, CaseIterable { case softmax, identity, relu, abs }
    public var heads: Int?
    public var channels: Int?
    public var keyChannels: Int?
    public var valueChannels: Int?
    public var keyStd = 1.0
    public var queryStd = 1.0
    public var valueStd = 1.0
    public var outStd = 1.0
    public var biasStd = 0.0
    public var mechanism = Mechanism.softmax
    public var linearScaling = true

    public init() {}
}

public enum Combination: String, Sendable, CaseIterable { case sum, product, concat }

/// An elementwise function; the parameters are those of the document (`design` names, defaults filled in).
public enum Nonlinearity: Sendable, Equatable {
    /// a·min(x, 0) + b·max(x, 0): relu (0, 1), leaky_relu (alpha, 1), abs (-1, 1).
    case abRelu(a: Double, b: Double)
    case sign
    /// a·erf(b·x) + c
    case erf(a: Double, b: Double, c: Double)
    case gelu
    case sin(a: Double, b: Double, c: Double)
    case cos(a: Double, b: Double, c: Double)
    case rbf(gamma: Double)
    case exp(a: Double, b: Double)
    case gaussian(a: Double, b: Double)
    case expNormalized(gamma: Double, shift: Double)
    case gabor
    case monomial(degree: Int)
    case rectifiedMonomial(degree: Int)
    case polynomial(coefficients: [Double])
    case hermite(degree: Int)
    case tanh
    case sigmoid
    case softplus
    case silu
    case elu(alpha: Double)
    case selu
    case hardTanh
    case mish
}
