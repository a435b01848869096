import Architectures
import Dynamics
import FiniteNetworks
import InfiniteNetworks
import JSON

/// What a request of samples names as its covariance: an architecture, or `{"type": "squared_exponential", "lengthscale", "variance"}`.
enum SampleKernel: Sendable {
    case architecture(Architecture)
    case squaredExponential(lengthscale: Double, variance: Double)

    private enum Kind: String, CaseIterable { case squaredExponential = "squared_exponential" }

    /// Nil, with the faults recorded, where the members describe none.
    init?(_ reader: RequestReader) {
        let members = reader.members
        guard members.has("kernel") else {
            guard let architecture = reader.architecture() else { return nil }
            self = .architecture(architecture)
            return
        }
        if members.has("architecture") {
            members.fault(at: "kernel", "A covariance is that of an architecture or given by its numbers; leave one of the two out.")
        }
        guard let object = members.object("kernel") else { return nil }
        let kind = object.requiredChoice("type", of: Kind.self)
        let lengthscale = object.number("lengthscale", in: .positive, default: 1)
        let variance = object.number("variance", in: .positive, default: 1)
        object.finish()
        guard kind != nil else { return nil }
        self = .squaredExponential(lengthscale: lengthscale, variance: variance)
    }

    var member: (name: String, value: JSONValue) {
        switch self {
        case .architecture(let architecture): ("architecture", architecture.json)
        case .squaredExponential(let lengthscale, let variance):
            ("kernel", ["type": .string(Kind.squaredExponential.rawValue), "lengthscale": .double(lengthscale), "variance": .double(variance)])
        }
    }

    /// What functions of such inputs are drawn from; nil with faults where the architecture has no such form.
    ///
    /// - Parameter widths: Functions of each layer of a deep Gaussian process.
    func source(of process: SampleRequest.Process, widths: [Int], inputs: DataReference, _ members: ObjectReader) -> SampleRequest.Source? {
        let place = members.pointer(to: members.has("input_shape") ? "input_shape" : "x")
        switch process {
        case .gaussian: return covariance(inputShape: inputs.shape, place, members.faults).map { .gaussian($0) }
        case .network:
            guard case .architecture(let architecture) = self else { return nil }
            return FiniteNetwork(architecture, inputShape: inputs.shape, at: place, faults: members.faults).map { .network($0) }
        case .deepGaussian:
            var layers: [DeepGaussianProcess.Layer] = []
            // A layer sees the functions of the one before it as features.
            for (shape, width) in zip([inputs.shape] + widths.dropLast().map { [$0] }, widths) {
                guard let covariance = covariance(inputShape: shape, place, members.faults) else { return nil }
                layers.append(DeepGaussianProcess.Layer(covariance: covariance, width: width))
            }
            return .deepGaussian(DeepGaussianProcess(layers: layers))
        }
    }

    private func covariance(inputShape: [Int], _ place: JSONPointer, _ faults: Faults) -> CovarianceFunction? {
        switch self {
        case .squaredExponential(let lengthscale, let variance): return .squaredExponential(lengthscale: lengthscale, variance: variance)
        case .architecture(let architecture):
            do throws(ArchitectureFaults) {
                return .network(try InfiniteNetwork(architecture, inputShape: inputShape, shapePointer: place))
            } catch {
                for fault in error.faults { faults.add(fault.pointer, fault.detail) }
                return nil
            }
        }
    }
}

/// What a Gaussian process of samples is conditioned on.
struct SampleTraining: Sendable {
    let x: DataReference
    let y: DataReference
    let ridge: Ridge
    /// The NNGP's posterior, or the ensemble of networks trained to the end by gradient descent.
    let kind: KernelKind

    /// Nil where there are no training rows, or a fault was recorded.
    init?(_ reader: RequestReader, inputShape: [Int]?, x: DataReference?) throws {
        let members = reader.members
        let train = try reader.inputs("x_train", inputShape: inputShape)
        let targets = try reader.targets("y_train", task: .regression, of: train)
        kind = members.choice("kind", of: KernelKind.self, default: .nngp)
        ridge = Ridge(members)
        if members.has("x_train") != members.has("y_train") {
            let (there, missing) = members.has("x_train") ? ("x_train", "y_train") : ("y_train", "x_train")
            members.fault(at: there, "A posterior takes x_train and y_train; send \(missing) too, or leave both out for the prior.")
        }
        if let train, let x, train.shape != x.shape {
            members.fault(at: "x_train", "Its rows have shape \(train.shape), those of x \(x.shape); both must be inputs of the same network.")
        }
        guard let train, let targets else { return nil }
        (self.x, y) = (train, targets)
    }

    var json: [(name: String, value: JSONValue)] {
        [("x_train", x.json), ("y_train", y.json), ("kind", .string(kind.rawValue)), ridge.member]
    }
}
