import Architectures

/// A network whose layers up to the readout never mix offset planes: convolutions of stride 1 that keep the extents, dense
/// layers on channels and the rectifier family; then `flatten` or global pooling; then layers on vectors.
struct PlanePlan: Sendable {
    enum Readout: Sendable, Equatable {
        case flatten
        /// The factor of the sum over a window of all positions.
        case pool(factor: Double)
    }

    let shape: PlaneShape
    let layers: [PlaneLayer]
    let readout: Readout
    /// The steps after the readout.
    let tail: [SpatialStep]

    /// Whether the tail (or a pair's geometry) needs the variance of a pooled image, which costs its kernel with itself.
    var tailIsLinear: Bool {
        tail.allSatisfy { step in
            switch step.kind {
            case .affine, .identity, .flatten: true
            default: false
            }
        }
    }

    /// Without biases the planes' kernel of λx and μy is λμ times that of x and y, so each image can be brought near unit size.
    var isHomogeneous: Bool { layers.allSatisfy { $0.biasVariance == 0 && $0.ownOffset == 0 } }

    /// Filters wider than this go the way of the tensor.
    static let tapLimit = 33

    /// Nil where some layer before the readout mixes planes, or is not in the planes' repertoire.
    init?(_ architecture: Architecture, _ trace: ShapeTrace, _ steps: [SpatialStep]) {
        let positions = trace.input.positions
        guard !positions.isEmpty, let channels = trace.input.channels else { return nil }
        guard var reader = PlaneReader(architecture, positions) else { return nil }
        for (index, step) in steps.enumerated() {
            switch step.kind {
            case .flatten: readout = .flatten
            case .pool(let pool) where pool.placement.outputs == 1 && pool.placement.sources.count == positions.reduce(1, *):
                readout = .pool(factor: pool.factors[0])
            default:
                guard reader.take(step) else { return nil }
                continue
            }
            guard !reader.layers.isEmpty else { return nil }
            layers = reader.layers
            tail = Array(steps[(index + 1)...])
            shape = PlaneShape(
                height: positions.count == 2 ? positions[0] : 1, width: positions[positions.count - 1], channels: channels,
                layers: layers.count)
            return
        }
        return nil
    }
}

struct PlaneShape: Sendable {
    let height: Int
    let width: Int
    let channels: Int
    let layers: Int

    var positions: Int { height * width }
}

/// A convolution with the rectifier after it, if there is one.
struct PlaneLayer: Sendable {
    /// Rows, columns.
    let taps: [Int]
    let lows: [Int]
    let isCircular: Bool
    /// W² over the filter's size, and b².
    let weight: Double
    let biasVariance: Double
    /// Θ' = weight ΣΘ + ownScale K' + ownOffset.
    let ownScale: Double
    let ownOffset: Double
    var rectifier: Rectifier?

    var pairOfTaps: (Int, Int) { (taps[0], taps[1]) }
    var pairOfLows: (Int, Int) { (lows[0], lows[1]) }
    /// (a² + b²)/2: what the rectifier does to a variance.
    var gain: Double { rectifier.map { ($0.a * $0.a + $0.b * $0.b) / 2 } ?? 1 }
    /// (a − b)²/(a² + b²).
    var kink: Double { rectifier?.constants[0] ?? 0 }
}

/// Gathers steps into plane layers.
private struct PlaneReader {
    private(set) var layers: [PlaneLayer] = []
    private let positions: [Int]
    /// The filters of the document in the order of the steps.
    private var filters: ArraySlice<Convolution?>

    init?(_ architecture: Architecture, _ positions: [Int]) {
        self.positions = positions
        guard let filters = Self.filters(architecture.layers) else { return nil }
        self.filters = filters[...]
    }

    /// The affine layers up to the readout (nil: dense); nil where branches come first.
    private static func filters(_ layers: [Layer]) -> [Convolution?]? {
        var result: [Convolution?] = []
        for layer in layers {
            switch layer.kind {
            case .dense: result.append(nil)
            case .convolution(let convolution): result.append(convolution)
            case .serial(let inner):
                guard let filters = filters(inner) else { return nil }
                result += filters
            case .repeat(let times, let inner):
                guard let filters = filters(inner) else { return nil }
                for _ in 0..<times { result += filters }
            case .flatten, .globalPool: return result
            case .parallel: return nil
            default: break
            }
        }
        return result
    }

    mutating func take(_ step: SpatialStep) -> Bool {
        switch step.kind {
        case .identity: return true
        case .nonlinearity(let map):
            guard let rectifier = map as? Rectifier, let last = layers.indices.last, layers[last].rectifier == nil else {
                return false
            }
            layers[last].rectifier = rectifier
            return true
        case .affine(let affine):
            guard let filter = filters.popFirst() else { return false }
            return take(affine, filter)
        default: return false
        }
    }

    private mutating func take(_ affine: AffineStep, _ convolution: Convolution?) -> Bool {
        guard !affine.isUnshared, affine.weightVariance > 0 else { return false }
        var taps = [1, 1], isCircular = false
        if let convolution {
            guard convolution.sharing == .shared, convolution.strides.allSatisfy({ $0 == 1 }) else { return false }
            guard convolution.padding != .valid || convolution.filter.allSatisfy({ $0 == 1 }) else { return false }
            guard convolution.filter.allSatisfy({ $0 <= PlanePlan.tapLimit }) else { return false }
            taps = convolution.filter.count == 2 ? convolution.filter : [1] + convolution.filter
            isCircular = convolution.padding == .circular
        }
        let (scale, offset) = affine.ownTerm
        layers.append(
            PlaneLayer(
                taps: taps, lows: taps.map { ($0 - 1) / 2 }, isCircular: isCircular,
                weight: affine.weightVariance / Double(affine.placement.sources.count), biasVariance: affine.biasVariance,
                ownScale: scale, ownOffset: offset))
        return true
    }
}
