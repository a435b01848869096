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

    /// The layers that a document with a member `preset` stands for; nil where it names none. Faulty members have their
    /// defaults: the shapes do not hang on them.
    ///
    /// Layers of the expansion stand at the pointer of the member `preset`.
    static func layers(_ reader: ObjectReader, _ parameterization: Parameterization) -> [Layer]? {
        if reader.has("layers") {
            reader.fault(at: "layers", "A preset brings its own layers; leave layers out, or leave preset out.")
        }
        guard let type = type(reader) else {
            // Whose members the others are is not known.
            for member in reader.object.members { _ = reader.has(member.name) }
            return nil
        }
        return type.init(PresetReader(reader, parameterization)).layers.placed(at: reader.pointer(to: "preset"))
    }

    private static func type(_ reader: ObjectReader) -> (any Preset.Type)? {
        guard let name = reader.requiredString("preset") else { return nil }
        if let type = types.first(where: { $0.name == name }) { return type }
        let nearest = nearestName(to: name, among: types.map { $0.name })
        let mend = nearest.map { "did you mean \"\($0)\"?" } ?? "known are \(types.map { $0.name }.joined(separator: ", "))."
        reader.fault(at: "preset", "There is no preset \(quoted(name)); \(mend)")
        // What was likely meant has its members read.
        return types.first { $0.name == nearest }
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
