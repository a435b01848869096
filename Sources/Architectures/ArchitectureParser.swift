import JSON

/// Reads the architecture document, recording every fault in it at once.
///
/// What it checks concerns the document alone: names, kinds, ranges, nesting. Whether the layers fit an input shape is
/// ``ShapeInference``'s matter, and whether an infinite network has a kernel is ``GaussianInputs``'s.
public enum ArchitectureParser {
    /// Containers (`serial`, `repeat`, `parallel`) inside one another.
    public static let maximumNesting = 16
    /// Layers with every `repeat` written out: work and traces grow with them.
    public static let maximumLayers = 10_000

    /// A document with a member `preset` is read as the layers that the preset stands for.
    ///
    /// - Returns: nil where a fault was recorded.
    public static func parse(_ value: JSONValue, at pointer: JSONPointer = .root, faults: Faults) -> Architecture? {
        let before = faults.count
        let draft = draft(value, at: pointer, faults: faults)
        return faults.count == before ? draft : nil
    }

    /// As much of a document as can be read, for the checks that follow: where faults were recorded, layers may be unread and
    /// members have their defaults, and nothing may be computed from it.
    ///
    /// - Parameter purpose: for a kernel the `pytorch` parameterization is the fault, and not the members that it does not allow.
    /// - Returns: nil where the value is no object.
    public static func draft(
        _ value: JSONValue, at pointer: JSONPointer = .root, for purpose: Purpose = .shapes, faults: Faults
    ) -> Architecture? {
        guard let reader = ObjectReader(value, at: pointer, faults: faults) else { return nil }
        let before = faults.count
        let parameterization = reader.choice("parameterization", default: Parameterization.ntk)
        let scaling = purpose == .infiniteKernel && parameterization == .pytorch ? .ntk : parameterization
        var isOpen = faults.count > before
        let layers: [Layer]?
        if reader.has("preset") {
            layers = Presets.layers(reader, scaling)
            isOpen = faults.count > before
        } else {
            layers = Self.layers(reader, scaling, purpose)
        }
        reader.finish()
        return Architecture(
            parameterization: parameterization, layers: layers ?? [Layer(.unread(typeName: nil), at: pointer)], at: pointer,
            isDraft: faults.count > before, isOpen: isOpen)
    }

    private static func layers(_ reader: ObjectReader, _ parameterization: Parameterization, _ purpose: Purpose) -> [Layer]? {
        let layerReader = LayerReader(parameterization: parameterization, purpose: purpose, faults: reader.faults)
        guard let layers = layerReader.layers(of: reader) else { return nil }
        if layers.expandedCount > maximumLayers {
            reader.fault(at: "layers", "With repetitions these are \(layers.expandedCount) layers; at most \(maximumLayers) are allowed.")
        }
        return layers
    }
}

extension [Layer] {
    /// Layers with every `repeat` written out; containers do not count.
    /// Stops counting a little beyond ``ArchitectureParser/maximumLayers`` squared, far from overflow.
    public var expandedCount: Int {
        reduce(0) { count, layer in
            let inner =
                switch layer.kind {
                case .serial(let layers): layers.expandedCount
                case .repeat(let times, let layers): times * layers.expandedCount
                case .parallel(let branches, _): branches.reduce(0) { Swift.min($0 + $1.expandedCount, ceiling) }
                default: 1
                }
            return Swift.min(count + inner, ceiling)
        }
    }

    private var ceiling: Int { ArchitectureParser.maximumLayers * ArchitectureParser.maximumLayers }
}

/// Reads layers; an instance knows how deep it is.
struct LayerReader {
    let parameterization: Parameterization
    var purpose = Purpose.shapes
    let faults: Faults
    var nesting = 0

    static let extents = 1...65_536
    static let widths = 1...1_000_000_000

    /// The member `layers` of an architecture or a container: a list that is not empty.
    func layers(of reader: ObjectReader) -> [Layer]? {
        reader.requiredValue("layers").flatMap { layers($0, at: reader.pointer(to: "layers")) }
    }

    func layers(_ value: JSONValue, at pointer: JSONPointer) -> [Layer]? {
        faults.array(value, at: pointer, count: 1...)?.map { layer($0.value, at: $0.pointer) }
    }

    /// A layer that cannot be read is ``LayerKind/unread(typeName:)``, its faults recorded.
    func layer(_ value: JSONValue, at pointer: JSONPointer) -> Layer {
        let before = faults.mark
        let unknown = Layer(.unread(typeName: nil), at: pointer)
        let reader: ObjectReader
        let name: String
        let namePointer: JSONPointer
        switch value {
        case .string(let bare):
            reader = ObjectReader(JSONObject([(name: "type", value: value)]), at: pointer, faults: faults)
            (name, namePointer) = (bare, pointer)
            _ = reader.has("type")
        case .object(let object):
            reader = ObjectReader(object, at: pointer, faults: faults)
            guard let type = reader.requiredString("type") else { return unknown }
            (name, namePointer) = (type, reader.pointer(to: "type"))
        default:
            faults.add(pointer, "A layer is an object with a type, or a bare type name such as \"relu\", not \(value.kind).")
            return unknown
        }
        // What is meant by a name that is no type is read as that.
        guard let name = typeName(name, at: namePointer) else { return unknown }
        let kind: LayerKind?
        if let type = LayerType(rawValue: name) {
            kind = self.kind(type, reader)
        } else {
            kind = NonlinearityType(rawValue: name).flatMap { nonlinearity($0, reader) }.map(LayerKind.nonlinearity)
        }
        reader.finish()
        guard let kind else { return Layer(.unread(typeName: name), at: pointer) }
        return Layer(kind, at: pointer, openMembers: reader.openMembers(since: before))
    }

    /// The type's name, or with a fault the one it was likely meant for.
    private func typeName(_ name: String, at pointer: JSONPointer) -> String? {
        let names = LayerType.allCases.map(\.rawValue) + NonlinearityType.allCases.map(\.rawValue)
        if names.contains(name) { return name }
        let nearest = nearestName(to: name, among: names)
        let mend = nearest.map { "did you mean \"\($0)\"?" } ?? "known are \(names.joined(separator: ", "))."
        faults.add(pointer, "There is no layer type \(quoted(name)); \(mend)")
        return nearest
    }

    // MARK: Containers

    func serial(_ reader: ObjectReader) -> LayerKind? {
        inner(reader)?.layers(of: reader).map { .serial($0) }
    }

    func repetition(_ reader: ObjectReader) -> LayerKind? {
        let times = reader.requiredInteger("times", in: 1...ArchitectureParser.maximumLayers)
        guard let layers = inner(reader)?.layers(of: reader) else { return nil }
        // What is repeated can be checked however often that is.
        guard let times else { return .serial(layers) }
        let count = times * layers.expandedCount
        if count > ArchitectureParser.maximumLayers {
            reader.fault(at: "times", "This repetition alone makes \(count) layers; at most \(ArchitectureParser.maximumLayers) are allowed in all.")
            // Its size has been told: what holds it need not tell it again.
            return .repeat(times: 1, layers)
        }
        return .repeat(times: times, layers)
    }

    func parallel(_ reader: ObjectReader) -> LayerKind? {
        let combine = reader.choice("combine", default: Combination.sum)
        let branches = reader.requiredArray("branches", count: 1...64)
        guard let inner = inner(reader), let branches else { return nil }
        let read = branches.map { inner.layers($0.value, at: $0.pointer) ?? [Layer(.unread(typeName: nil), at: $0.pointer)] }
        return .parallel(branches: read, combine: combine)
    }

    private func inner(_ reader: ObjectReader) -> LayerReader? {
        guard nesting < ArchitectureParser.maximumNesting else {
            // Known but not read: one fault is enough for what is nested too deep.
            for name in ["layers", "branches"] { _ = reader.has(name) }
            faults.add(reader.pointer, "Layers are nested deeper than \(ArchitectureParser.maximumNesting) levels; flatten the document.")
            return nil
        }
        var inner = self
        inner.nesting += 1
        return inner
    }
}
