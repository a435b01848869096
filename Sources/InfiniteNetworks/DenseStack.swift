import Architectures
import JSON

/// A fully connected network of infinite width, compiled for its kernels: the layers unrolled into steps, each a map of
/// standard deviations and a loop over pairs.
public struct DenseStack: Sendable {
    let steps: [Step]
    /// Features of an input row.
    public let inputDimension: Int

    /// The layers in order, `serial` and `repeat` unrolled: the slices of ``KernelArrays/layers``.
    public var layerNames: [String] { steps.map(\.name) }

    /// The most steps a stack unrolls to; a pass over one pair takes time in proportion.
    public static let stepLimit = 10_000

    /// The most coefficients that a row has over all layers, whatever the deviations turn out to be.
    var mostCoefficients: Int {
        steps.reduce(0) { sum, step in
            sum + ((step.map as? any AdaptiveMap).map { type(of: $0).mostCoefficients } ?? step.coefficientCount)
        }
    }

    /// Floating-point operations of all layers for a matrix of so many pairs.
    func operations(pairs: Double) -> Double { steps.reduce(0) { $0 + $1.operations(pairs: pairs) } }

    /// Compiles an architecture for inputs of `inputDimension` features.
    ///
    /// - Parameter pointer: where the architecture stands in the request, for faults that concern no single layer.
    /// - Throws: ``ArchitectureError`` with every problem of the document.
    public init(_ architecture: Architecture, inputDimension: Int, at pointer: JSONPointer = .root) throws(ArchitectureError) {
        precondition(inputDimension > 0, "an input row has at least one feature")
        var compiler = StackCompiler(parameterization: architecture.parameterization, inputDimension: inputDimension)
        compiler.check(parameterizationAt: pointer.appending("parameterization"))
        compiler.append(architecture.layers)
        guard compiler.problems.isEmpty else { throw ArchitectureError(problems: compiler.problems) }
        steps = compiler.steps
        self.inputDimension = inputDimension
    }
}
