import JSON

@testable import Architectures

/// SplitMix64 (Steele, Lea and Flood, 2014): a property test prints its seed and can be run again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The architecture with these layers, and the faults of reading it.
func read(_ layers: String, parameterization: String = "ntk") throws -> (architecture: Architecture?, faults: [Fault]) {
    let faults = Faults()
    let value = try JSONParser.parse(#"{"parameterization":"\#(parameterization)","layers":\#(layers)}"#)
    let architecture = ArchitectureParser.parse(value, faults: faults)
    return (architecture, faults.all)
}

extension Fault {
    var line: String { "\(pointer): \(detail)" }
}
