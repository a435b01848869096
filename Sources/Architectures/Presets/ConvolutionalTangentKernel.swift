/// The networks of the CNTK: `depth` − 1 convolutions of 3 x 3 with a nonlinearity after each, then flatten or global average
/// pooling, then dense.
///
/// The published code sums where the parameterization here averages, so its kernel is this one (at the default scales) times
/// half the input's channels, and without pooling also times the positions.
struct ConvolutionalTangentKernel: Preset {
    enum Pooling: String, CaseIterable { case globalAverage = "global_avg", none }

    static let name = "cntk"
    static let summary = "The convolutional networks of the CNTK: convolutions with a nonlinearity after each, then global average pooling (CNTK-GAP) or flattening (CNTK-V), and a dense output layer."
    static let source = "Arora, Du, Hu, Li, Salakhutdinov and Wang 2019, arXiv 1904.11955"

    let depth: Int
    let pooling: Pooling
    let trainableEnds: Bool
    let filter: Int
    let padding: RingOrZeros
    let channels: Int
    let outputs: Int
    let nonlinearity: Nonlinearity
    let scales: AffineScales

    init(_ reader: PresetReader) {
        depth = reader.integer("depth", in: 2...1000, default: 21, "Layers with weights, as the paper counts them: the convolutions and the dense layer.")
        pooling = reader.choice("pooling", default: Pooling.globalAverage, "What joins the positions: global average pooling, or flattening.")
        trainableEnds = reader.bool(
            "trainable_ends", "Whether the first convolution and the dense layer are trained; absent: with \"none\" they are, with \"global_avg\" not, as in the paper.") ?? (pooling == .none)
        filter = reader.integer("filter", in: 1...1000, default: 3, "Height and width of the filters.")
        padding = reader.choice("padding", default: RingOrZeros.same, "Zeros beyond the image (same), or the image again (circular).")
        channels = reader.integer("channels", in: 1...1_000_000, default: 128, "Channels of a convolution; for finite networks.")
        outputs = reader.integer("outputs", in: 1...1_000_000, default: 10, "Units of the output layer; for finite networks.")
        nonlinearity = reader.nonlinearity()
        scales = reader.scales()
    }

    var layers: [LayerKind] {
        var ends = scales
        ends.trainable = trainableEnds
        func convolution(_ scales: AffineScales) -> LayerKind {
            .convolution(Convolution(channels: channels, filter: [filter, filter], padding: padding.padding, scales: scales))
        }
        let first = [convolution(ends), .nonlinearity(nonlinearity)]
        let others = (2..<depth).flatMap { _ in [convolution(scales), .nonlinearity(nonlinearity)] }
        let join: LayerKind = pooling == .none ? .flatten : .globalPool(.average)
        return first + others + [join, .dense(Dense(width: outputs, scales: ends))]
    }
}

/// Paddings that keep the extents.
enum RingOrZeros: String, CaseIterable {
    case same, circular

    var padding: Padding { self == .same ? .same : .circular }
}
