/// flatten, then `depth` times dense and nonlinearity, then dense.
struct MultilayerPerceptron: Preset {
    static let name = "mlp"
    static let summary = "A multilayer perceptron: hidden dense layers with a nonlinearity after each, and a dense output layer. Inputs with positions are flattened."
    static let source = "Jacot, Gabriel and Hongler 2018, arXiv 1806.07572"

    let depth: Int
    let width: Int
    let outputs: Int
    let nonlinearity: Nonlinearity
    let scales: AffineScales

    init(_ reader: PresetReader) {
        depth = reader.integer("depth", in: 1...1000, default: 3, "Hidden layers.")
        width = reader.integer("width", in: 1...1_000_000, default: 512, "Units of a hidden layer; for finite networks.")
        outputs = reader.integer("outputs", in: 1...1_000_000, default: 1, "Units of the output layer; for finite networks.")
        nonlinearity = reader.nonlinearity()
        scales = reader.scales()
    }

    var layers: [LayerKind] {
        let hidden: [LayerKind] = [.dense(Dense(width: width, scales: scales)), .nonlinearity(nonlinearity)]
        return [.flatten] + Array(repeating: hidden, count: depth).flatMap(\.self) + [.dense(Dense(width: outputs, scales: scales))]
    }
}
