import JSON

/// What a preset is and which members it takes.
public struct PresetDescription: Sendable, Equatable {
    public let name: String
    public let summary: String
    public let source: String
    public let members: [PresetMember]
    /// With every member at its default.
    public let architecture: Architecture

    init(_ type: any Preset.Type) {
        name = type.name
        summary = type.summary
        source = type.source
        let reader = PresetReader(ObjectReader(JSONObject(), at: .root, faults: Faults()), .ntk)
        architecture = Architecture(layers: type.init(reader).layers.placed(at: .root))
        members = reader.members
    }

    public var json: JSONValue {
        [
            "preset": .string(name), "summary": .string(summary), "source": .string(source),
            "members": .array(members.map(\.json)), "layers": .integer(architecture.layers.expandedCount),
        ]
    }
}

/// A member that a preset takes beside its name.
public struct PresetMember: Sendable, Equatable {
    public let name: String
    /// What it may hold, such as "an integer from 1 to 1000".
    public let kind: String
    /// What it means.
    public let meaning: String
    /// Null where its absence has a meaning that depends on other members.
    public let `default`: JSONValue

    var json: JSONValue {
        ["name": .string(name), "kind": .string(kind), "default": `default`, "meaning": .string(meaning)]
    }
}
