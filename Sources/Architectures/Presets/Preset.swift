import JSON

/// A well-known network by name: `{"preset": "cntk", "depth": 21}` stands where a document of layers may stand.
///
/// A preset is its members and the layers they make. Its initialiser reads the members with their ranges, defaults and
/// meanings; the same initialiser run on an empty object writes the preset's description, so the two cannot differ.
protocol Preset: Sendable {
    /// What `preset` names it by.
    static var name: String { get }
    /// What the network is, in a sentence.
    static var summary: String { get }
    /// Where it was published.
    static var source: String { get }

    /// Reads the members; what is faulty has its default, and the faults say so.
    init(_ reader: PresetReader)

    /// The network written out.
    var layers: [LayerKind] { get }
}

/// The presets there are.
public enum Presets {
    static let types: [any Preset.Type] = [
        MultilayerPerceptron.self, ConvolutionalTangentKernel.self, Myrtle5.self, Myrtle7.self, Myrtle10.self, WideResidualNetwork.self,
    ]

    /// What each of them is and takes, in the order of the documentation.
    public static var descriptions: [PresetDescription] { types.map(PresetDescription.init) }

    /// The architecture that a document with a member `preset` stands for; nil where a fault was recorded.
    ///
    /// Layers of the expansion stand at the pointer of the member `preset`.
    static func expand(_ reader: ObjectReader, _ parameterization: Parameterization) -> Architecture? {
        let faults = reader.faults
        let before = faults.count
        guard let name = reader.requiredString("preset") else { return nil }
        guard let type = types.first(where: { $0.name == name }) else {
            let mend = nearestName(to: name, among: types.map { $0.name }).map { "did you mean \"\($0)\"?" }
            reader.fault(at: "preset", "There is no preset \(quoted(name)); \(mend ?? "known are \(types.map { $0.name }.joined(separator: ", ")).")")
            return nil
        }
        if reader.has("layers") {
            reader.fault(at: "layers", "A preset brings its own layers; leave layers out, or leave preset out.")
        }
        let preset = type.init(PresetReader(reader, parameterization))
        reader.finish()
        guard faults.count == before else { return nil }
        let pointer = reader.pointer(to: "preset")
        return Architecture(parameterization: parameterization, layers: preset.layers.placed(at: pointer), at: reader.pointer)
    }
}

extension [LayerKind] {
    /// Layers of a preset, those inside of containers too.
    func placed(at pointer: JSONPointer) -> [Layer] {
        map { kind in
            Layer(kind.placed(at: pointer), at: pointer, isFromPreset: true)
        }
    }
}

extension LayerKind {
    fileprivate func placed(at pointer: JSONPointer) -> LayerKind {
        switch self {
        case .parallel(let branches, let combine): .parallel(branches: branches.map { $0.map(\.kind).placed(at: pointer) }, combine: combine)
        case .serial(let layers): .serial(layers.map(\.kind).placed(at: pointer))
        case .repeat(let times, let layers): .repeat(times: times, layers.map(\.kind).placed(at: pointer))
        default: self
        }
    }
}
