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
    ///
    /// - Parameter process: Nil where it cannot be read.
    init?(_ reader: RequestReader, process: SampleRequest.Process?) {
        let members = reader.members
        let purpose: Purpose =
            switch process {
            case .gaussian, .deepGaussian: .infiniteKernel
            case .network: .finiteNetwork
            case nil: .shapes
            }
        guard members.has("kernel") else {
            guard let architecture = reader.architecture(for: purpose) else { return nil }
            self = .architecture(architecture)
            return
        }
        if members.has("architecture") {
            members.fault(at: "kernel", "A covariance is that of an architecture or given by its numbers; leave one of the two out.")
            _ = reader.architecture(for: purpose)
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

    /// What functions of such inputs are drawn from; nil with faults where the architecture has no such form. Without inputs
    /// what does not hang on them is looked at.
    ///
    /// - Parameter widths: Functions of each layer of a deep Gaussian process.
    func source(of process: SampleRequest.Process, widths: [Int], inputs: DataReference?, _ reader: RequestReader) -> SampleRequest.Source? {
        switch process {
        case .gaussian: return covariance(inputs, reader).map { .gaussian($0) }
        case .network:
            guard case .architecture(let architecture) = self else { return nil }
            return reader.finiteNetwork(architecture, inputs: inputs, named: "x").map { .network($0) }
        case .deepGaussian:
            guard let first = covariance(inputs, reader) else { return nil }
            var layers = [DeepGaussianProcess.Layer(covariance: first, width: widths[0])]
            // A layer sees the functions of the one before it as features.
            for (features, width) in zip(widths, widths.dropFirst()) {
                guard let covariance = covariance(ofFeatures: features, reader) else { return nil }
                layers.append(DeepGaussianProcess.Layer(covariance: covariance, width: width))
            }
            return .deepGaussian(DeepGaussianProcess(layers: layers))
        }
    }

    private func covariance(_ inputs: DataReference?, _ reader: RequestReader) -> CovarianceFunction? {
        switch self {
        case .squaredExponential(let lengthscale, let variance): .squaredExponential(lengthscale: lengthscale, variance: variance)
        case .architecture(let architecture): reader.network(architecture, inputs: inputs, named: "x").map { .network($0) }
        }
    }

    private func covariance(ofFeatures count: Int, _ reader: RequestReader) -> CovarianceFunction? {
        switch self {
        case .squaredExponential(let lengthscale, let variance): return .squaredExponential(lengthscale: lengthscale, variance: variance)
        case .architecture(let architecture):
            let place = reader.members.pointer(to: reader.members.has("input_shape") ? "input_shape" : "x")
            do throws(ArchitectureFaults) {
                return .network(try InfiniteNetwork(architecture, inputShape: [count], shapePointer: place))
            } catch {
                for fault in error.faults { reader.faults.add(fault.pointer, fault.detail) }
                return nil
            }
        }
    }
}
