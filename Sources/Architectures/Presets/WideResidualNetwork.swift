/// A wide residual network without batch normalisation: a 3 x 3 convolution, three groups of (depth − 4)/6 residual blocks
/// with 16 k, 32 k and 64 k channels, the second and third at half the extent of the one before, then nonlinearity, global
/// average pooling and dense.
///
/// A block is the sum of its input and of (nonlinearity, convolution) twice; where the channels change, a 1 x 1 convolution
/// stands in for the input.
struct WideResidualNetwork: Preset {
    static let name = "wide_resnet"
    static let summary = "A wide residual network without batch normalisation: a convolution, three groups of pre-activation residual blocks, global average pooling, and a dense output layer."
    static let source = "Zagoruyko and Komodakis 2016, arXiv 1605.07146"

    let blocks: Int
    let widthFactor: Int
    let outputs: Int
    let nonlinearity: Nonlinearity
    let scales: AffineScales

    init(_ reader: PresetReader) {
        let depth = reader.integer("depth", in: 10...1000, default: 28, "Convolutions, as the paper counts them: 6 n + 4 for n blocks in each group.")
        if depth % 6 != 4 {
            let lower = max(10, depth - (depth + 2) % 6)
            reader.fault(at: "depth", "The depth is 6 n + 4 for n blocks in each of the three groups, and \(depth) is not; take \(lower) or \(lower + 6).")
        }
        blocks = (depth - 4) / 6
        widthFactor = reader.integer("width_factor", in: 1...10_000, default: 10, "k: the groups have 16 k, 32 k and 64 k channels; for finite networks.")
        outputs = reader.integer("outputs", in: 1...1_000_000, default: 10, "Units of the output layer; for finite networks.")
        nonlinearity = reader.nonlinearity()
        scales = reader.scales()
    }

    var layers: [LayerKind] {
        let groups = [(16, 1), (32, 2), (64, 2)].flatMap { channels, stride in
            (0..<blocks).map { block(channels * widthFactor, stride: $0 == 0 ? stride : 1, isFirst: $0 == 0) }
        }
        return [convolution(16, filter: 3, stride: 1)] + groups
            + [.nonlinearity(nonlinearity), .globalPool(.average), .dense(Dense(width: outputs, scales: scales))]
    }

    private func block(_ channels: Int, stride: Int, isFirst: Bool) -> LayerKind {
        let residual: [LayerKind] = [
            .nonlinearity(nonlinearity), convolution(channels, filter: 3, stride: stride),
            .nonlinearity(nonlinearity), convolution(channels, filter: 3, stride: 1),
        ]
        let shortcut = isFirst ? convolution(channels, filter: 1, stride: stride) : .identity
        return .parallel(branches: [residual.map { Layer($0) }, [Layer(shortcut)]], combine: .sum)
    }

    private func convolution(_ channels: Int, filter: Int, stride: Int) -> LayerKind {
        .convolution(
            Convolution(channels: channels, filter: [filter, filter], strides: [stride, stride], padding: .same, scales: scales))
    }
}
