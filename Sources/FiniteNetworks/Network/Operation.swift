import Architectures
import JSON

/// A dense or convolution layer: z = weightScale · patches · W + biasScale · b.
public struct AffineLayer: Sendable {
    /// Where the layer stands in the document.
    public let pointer: JSONPointer
    public let typeName: String
    /// Extents and channels of one example's input and output.
    public let input: Shape
    public let output: Shape
    /// Inputs of one output: channels, times the filter's extents for a convolution.
    public let fanIn: Int
    /// Channels of the output.
    public let fanOut: Int
    /// 1/√fan_in · weight_std and bias_std in the ntk parameterization; 1 in the others.
    public let weightScale: Double
    public let biasScale: Double
    /// Standard deviations of the draw: 1 in the ntk parameterization, weight_std/√fan_in and bias_std in the standard one.
    let weightDeviation: Double
    let biasDeviation: Double
    /// [fanIn, fanOut] for dense, [extents of the filter, input channels, output channels] for a convolution.
    public let weightShape: [Int]
    /// Where weight and bias lie among the parameters; the bias is nil where the layer has none.
    public let weight: Range<Int>
    public let bias: Range<Int>?
    public let isTrainable: Bool
    /// Nil for a dense layer, whose patches are its input.
    let window: PositionWindow?
    /// a·min(z, 0) + b·max(z, 0) of the nonlinearity that follows, computed in place.
    var rectifier: (a: Double, b: Double)?

    /// Positions of the output.
    public var positions: Int { output.positions.reduce(1, *) }
    /// Weight and bias together.
    public var parameters: Range<Int> { weight.lowerBound..<(bias ?? weight).upperBound }
}

/// A step of the network: reads values, writes one.
struct Node: Sendable {
    enum Operation: Sendable {
        /// The layer's number among the affine layers.
        case affine(Int)
        case pool(PositionWindow, PoolShare)
        case nonlinearity(ElementwiseFunction)
        case layerNorm(NormalizedGroups, epsilon: Double)
        case sum
        case concat
    }

    let operation: Operation
    /// Numbers of the values it reads; only `sum` and `concat` read several.
    let inputs: [Int]
    let output: Int
}

/// What a pool multiplies the sum over its window by.
enum PoolShare: Sendable, Equatable {
    case fixed(Double)
    /// One over the taps that look at the input.
    case inside

    init(_ pool: Pool, _ window: PositionWindow) {
        switch pool.operation {
        case .sum: self = .fixed(1)
        case .average: self = pool.normalizeEdges ? .inside : .fixed(1 / Double(window.taps))
        }
    }

    @inline(__always)
    func factor(_ window: PositionWindow, _ output: Int) -> Double {
        switch self {
        case .fixed(let factor): factor
        case .inside: 1 / Double(window.insideCount(at: output))
        }
    }
}

/// What a node reads or writes: [examples, positions, channels].
struct ValueShape: Sendable, Equatable {
    let positions: Int
    let channels: Int
    /// Per example.
    var elements: Int { positions * channels }
}

/// The sets of positions over which a layer normalization averages, together with all their channels.
struct NormalizedGroups: Sendable, Equatable {
    /// Positions in row-major order, by group.
    let groups: [[Int]]

    /// - Parameter axes: numbers of array axes from 1 on (0 is the batch), among them that of the channels.
    init(positions extents: [Int], axes: [Int]) {
        let rank = extents.count + 2
        let averaged = Set(axes.map { $0 < 0 ? $0 + rank : $0 })
        var groups: [Int: [Int]] = [:]
        for position in 0..<extents.reduce(1, *) {
            // The place among the positions of the axes that are not averaged over.
            var (rest, key, size) = (position, 0, 1)
            for axis in extents.indices.reversed() {
                if !averaged.contains(axis + 1) {
                    key += rest % extents[axis] * size
                    size *= extents[axis]
                }
                rest /= extents[axis]
            }
            groups[key, default: []].append(position)
        }
        self.groups = groups.values.sorted { $0[0] < $1[0] }
    }
}
