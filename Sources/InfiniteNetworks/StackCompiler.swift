import Architectures
import JSON

/// Unrolls layers into steps and gathers what does not fit.
struct StackCompiler {
    let parameterization: Parameterization
    private(set) var steps: [Step] = []
    private(set) var problems: [ArchitectureError.Problem] = []

    /// The width of the layer's input; nil where the document gives none.
    var fanIn: Int?
    /// The layer that sets `fanIn`.
    var widthPointer = JSONPointer.root
    /// What stands before the next layer, if it is not Gaussian; nil: Gaussian.
    var nonGaussian: String? = "the raw input"

    init(parameterization: Parameterization, inputDimension: Int) {
        self.parameterization = parameterization
        fanIn = inputDimension
    }

    mutating func check(parameterizationAt pointer: JSONPointer) {
        guard parameterization == .pytorch else { return }
        refuse(
            pointer, "pytorch",
            "it belongs to finite networks; for the kernel of an infinite one use \"ntk\" or \"standard\" and give "
                + "weight_std and bias_std")
    }

    mutating func append(_ layers: [Layer]) {
        for layer in layers { append(layer) }
    }

    private mutating func append(_ layer: Layer) {
        switch layer.kind {
        case .dense(let dense): append(dense, at: layer.pointer)
        case .identity: step("identity", .nothing, at: layer.pointer)
        case .flatten:
            // A vector is flat already.
            step("flatten", .nothing, at: layer.pointer)
            nonGaussian = "flatten"
        case .serial(let layers): append(layers)
        case .repeat(let times, let layers): append(layers, times: times, at: layer.pointer)
        case .nonlinearity(let nonlinearity): append(nonlinearity, at: layer.pointer)
        case .layerNorm(let norm): append(norm, at: layer.pointer)
        case .dropout(let keepRate):
            step("dropout", .map(DropoutMap(keepRate: keepRate)), at: layer.pointer)
            nonGaussian = "dropout"
        case .parallel(let branches, let combine): append(branches, combine, at: layer.pointer)
        default: refuse(layer.pointer, layer.typeName, layer.kind.reasonOutsideDenseStacks)
        }
    }

    private mutating func append(_ dense: Dense, at pointer: JSONPointer) {
        let training = training(of: dense, at: pointer)
        let map = DenseMap(weightStd: dense.scales.weightStd, biasStd: dense.scales.biasStd, training: training)
        step("dense", .map(map), at: pointer)
        fanIn = dense.width
        widthPointer = pointer
        nonGaussian = nil
    }

    private mutating func training(of dense: Dense, at pointer: JSONPointer) -> DenseMap.Training {
        guard dense.scales.trainable else { return .frozen }
        guard parameterization == .standard else { return .ntk }
        guard let fanIn else {
            add(.missingWidth(MissingWidth(pointer: widthPointer)))
            return .ntk
        }
        if dense.scales.weightStd == 0 && dense.scales.biasStd == 0 {
            refuse(
                pointer, "dense",
                "with weight_std 0 and no bias its outputs are all zero while the standard parameterization still trains "
                    + "it; give it a weight_std above 0, or set trainable to false")
        }
        return .standard(fanIn: fanIn)
    }

    private mutating func append(_ nonlinearity: Nonlinearity, at pointer: JSONPointer) {
        let name = nonlinearity.typeName
        if let after = nonGaussian {
            add(.nonGaussianInput(NonGaussianInput(pointer: pointer, name: name, after: after)))
        }
        if case .expNormalized(let gamma, _) = nonlinearity, gamma < 0 {
            refuse(pointer, name, "with gamma below 0 it is not positive semidefinite, so no kernel; give it a gamma of 0 or more")
        }
        step(name, .map(nonlinearity.map), at: pointer)
        nonGaussian = "another nonlinearity ('\(name)')"
    }

    private mutating func append(_ layers: [Layer], times: Int, at pointer: JSONPointer) {
        guard times > 0 else { return }
        let before = steps.count
        append(layers)
        guard times > 1 else { return }
        let length = steps.count - before
        let (added, overflow) = length.multipliedReportingOverflow(by: times - 1)
        guard !overflow, added <= DenseStack.stepLimit - steps.count else {
            tooLong(pointer)
            return
        }
        guard length > 0 else { return }
        for _ in 1..<times { append(layers) }
    }

    mutating func step(_ name: String, _ action: Step.Action, at pointer: JSONPointer) {
        guard steps.count < DenseStack.stepLimit else {
            tooLong(pointer)
            return
        }
        steps.append(Step(name: name, action: action))
    }

    private mutating func tooLong(_ pointer: JSONPointer) {
        refuse(pointer, "repeat", "the network unrolls to more than \(DenseStack.stepLimit) layers; repeat fewer times")
    }

    mutating func refuse(_ pointer: JSONPointer, _ name: String, _ reason: String) {
        add(.unsupportedLayer(UnsupportedLayer(pointer: pointer, name: name, reason: reason)))
    }

    /// A repeated layer meets the same problem each time; it is told once.
    mutating func add(_ problem: ArchitectureError.Problem) {
        if !problems.contains(problem) { problems.append(problem) }
    }
}
