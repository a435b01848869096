/// The Myrtle networks: three groups of 3 x 3 convolutions with a nonlinearity after each, average pooling of 2 x 2 after the
/// first and the second group, global average pooling at the end, then dense.
///
/// On 32 x 32 images global pooling is the three poolings of 2 x 2 that the published network ends with.
protocol MyrtleNetwork: Preset {
    /// Convolutions in each of the groups.
    static var groups: [Int] { get }
    var body: MyrtleBody { get }
}

extension MyrtleNetwork {
    static var summary: String {
        "A Myrtle network for images of 32 x 32: \(groups.reduce(0, +)) convolutions in groups of \(groups.map(String.init).joined(separator: ", ")), pooled by averages of 2 x 2 between the groups and over all positions at the end, and a dense output layer."
    }

    static var source: String { "Shankar, Fang, Guo, Fridovich-Keil, Ragan-Kelley, Schmidt and Recht 2020, arXiv 2003.02237" }

    var layers: [LayerKind] { body.layers(Self.groups) }
}

/// What the Myrtle networks share.
struct MyrtleBody: Sendable {
    let channels: Int
    let outputs: Int
    let nonlinearity: Nonlinearity
    let scales: AffineScales

    init(_ reader: PresetReader) {
        channels = reader.integer("channels", in: 1...1_000_000, default: 128, "Channels of a convolution; for finite networks.")
        outputs = reader.integer("outputs", in: 1...1_000_000, default: 10, "Units of the output layer; for finite networks.")
        nonlinearity = reader.nonlinearity()
        scales = reader.scales()
    }

    func layers(_ groups: [Int]) -> [LayerKind] {
        let block: [LayerKind] = [
            .convolution(Convolution(channels: channels, filter: [3, 3], padding: .same, scales: scales)), .nonlinearity(nonlinearity),
        ]
        var layers: [LayerKind] = []
        for (index, group) in groups.enumerated() {
            if index > 0 { layers.append(.pool(Pool(operation: .average, window: [2, 2]))) }
            for _ in 0..<group { layers += block }
        }
        return layers + [.globalPool(.average), .dense(Dense(width: outputs, scales: scales))]
    }
}

struct Myrtle5: MyrtleNetwork {
    static let name = "myrtle5"
    static let groups = [2, 1, 1]
    let body: MyrtleBody

    init(_ reader: PresetReader) { body = MyrtleBody(reader) }
}

struct Myrtle7: MyrtleNetwork {
    static let name = "myrtle7"
    static let groups = [2, 2, 2]
    let body: MyrtleBody

    init(_ reader: PresetReader) { body = MyrtleBody(reader) }
}

struct Myrtle10: MyrtleNetwork {
    static let name = "myrtle10"
    static let groups = [3, 3, 3]
    let body: MyrtleBody

    init(_ reader: PresetReader) { body = MyrtleBody(reader) }
}
