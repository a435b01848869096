import Architectures
import JSON

/// A layer, a member or a combination that this engine has no kernel for.
public struct UnsupportedLayer: Error, Sendable, Equatable {
    public let pointer: JSONPointer
    /// The layer's type as the document names it.
    public let name: String
    /// Why, and what to do instead.
    public let reason: String
}

/// A nonlinearity whose input is not Gaussian, so that no dual formula holds.
public struct NonGaussianInput: Error, Sendable, Equatable {
    public let pointer: JSONPointer
    public let name: String
    /// What stands before the layer: "the raw input", or the name of another nonlinearity.
    public let after: String
}

/// A layer whose kernel in the standard parameterisation needs a width that the document does not give.
public struct MissingWidth: Error, Sendable, Equatable {
    /// The layer whose width is missing.
    public let pointer: JSONPointer
}

/// Everything that keeps an architecture from becoming a ``DenseStack``, all at once and in document order.
public struct ArchitectureError: Error, Sendable, Equatable {
    public enum Problem: Sendable, Equatable {
        case unsupportedLayer(UnsupportedLayer)
        case nonGaussianInput(NonGaussianInput)
        case missingWidth(MissingWidth)
    }

    public let problems: [Problem]

    /// The problems as places and sentences for the client.
    public var faults: [Fault] { problems.map(\.fault) }
}

extension ArchitectureError.Problem {
    public var fault: Fault {
        switch self {
        case .unsupportedLayer(let layer):
            Fault(layer.pointer, "'\(layer.name)' is not available here: \(layer.reason)")
        case .nonGaussianInput(let layer):
            Fault(
                layer.pointer,
                "'\(layer.name)' wants a Gaussian input and stands after \(layer.after); put a dense layer before it")
        case .missingWidth(let layer):
            Fault(
                layer.pointer.appending("width"),
                "the standard parameterization scales the next layer by this width, which is missing; give the dense layer "
                    + "a width, or use the ntk parameterization, whose kernels do not depend on widths")
        }
    }
}
