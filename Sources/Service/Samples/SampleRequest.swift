import Architectures
import Dynamics
import FiniteNetworks
import InfiniteNetworks
import JSON
import LinearAlgebra

/// What `POST /samples` asks for, checked: functions drawn from a Gaussian process, from networks of finite width at initialisation, or
/// from a deep Gaussian process.
struct SampleRequest: JobRequest {
    static let endpoints = [JobEndpoint(path: "/samples", kind: "samples")]

    enum Process: String, Sendable, CaseIterable { case gaussian, network, deepGaussian = "deep_gaussian" }
    enum Inclusion: String, Sendable, CaseIterable { case covariance }

    /// What functions are drawn from.
    enum Source: Sendable {
        case gaussian(CovarianceFunction)
        case network(FiniteNetwork)
        case deepGaussian(DeepGaussianProcess)
    }

    let process: Process
    let source: Source
    /// As it was sent: an architecture, or a covariance function by its numbers.
    private let kernel: SampleKernel
    let x: DataReference
    let training: SampleTraining?
    let samples: Int
    let seed: Int
    /// Functions of a sample.
    let outputs: Int
    /// Of a deep Gaussian process: functions of each layer but the last.
    private let widths: [Int]
    let include: [Inclusion]

    static let mostLayers = 100

    init?(_ reader: RequestReader) throws {
        let members = reader.members
        // Nil where it cannot be read: nothing is held against members that may belong to it.
        let told = members.has("process") ? members.choice("process", of: Process.self) : .gaussian
        let process = told ?? .gaussian
        let inputShape = members.integers("input_shape", in: 1..., count: 1...3)
        let x = try reader.requiredInputs("x", inputShape: inputShape)
        samples = members.integer("samples", in: 1...100_000, default: 10)
        seed = members.integer("seed", in: 0..., default: 0)
        let toldOutputs = members.integer("outputs", in: 1...10_000)
        let outputs = toldOutputs ?? 1
        let widths = members.integers("widths", in: 1...10_000, count: 1...Self.mostLayers) ?? (process == .deepGaussian ? [1, 1] : [])
        include = members.choices("include", of: Inclusion.self) ?? []
        let training = try SampleTraining(reader, process: told, inputShape: inputShape, x: x)
        let kernel = SampleKernel(reader, process: told)
        reader.finish()
        if let told { Self.check(members, process: told, kernel: kernel) }
        let source = told.flatMap { process in
            kernel.flatMap { $0.source(of: process, widths: widths + [outputs], inputs: x, reader) }
        }
        if let toldOutputs { Self.check(toldOutputs, source: source, reader, isGaussian: told == .gaussian) }
        guard reader.faults.isEmpty, let x, let kernel, let source else { return nil }
        (self.process, self.kernel, self.x, self.source, self.training) = (process, kernel, x, source, training)
        self.widths = widths
        self.outputs = if case .network(let network) = source { network.outputCount } else { training?.y.rowLength ?? outputs }
    }

    /// Members that belong to one process are refused beside another.
    private static func check(_ members: ObjectReader, process: Process, kernel: SampleKernel?) {
        if process != .gaussian {
            for name in ["x_train", "y_train", "kind", "ridge_relative", "ridge_absolute", "include"] where members.has(name) {
                members.fault(at: name, "Only a Gaussian process is given data or has one covariance; leave \(name) out, or set \"process\" to \"gaussian\".")
            }
        }
        if process == .gaussian, !members.has("x_train"), !members.has("y_train") {
            for name in ["kind", "ridge_relative", "ridge_absolute"] where members.has(name) {
                members.fault(at: name, "The prior has no data to fit; send x_train and y_train, or leave \(name) out.")
            }
        }
        if process != .deepGaussian, members.has("widths") {
            members.fault(at: "widths", "Layers of functions are those of a deep Gaussian process; leave widths out, or set \"process\" to \"deep_gaussian\".")
        }
        // Beside both, the architecture may be what is meant.
        guard case .squaredExponential = kernel, !members.has("architecture") else { return }
        if process == .network {
            members.fault(at: "kernel", "A network of finite width has an architecture and no kernel of its own; send \"architecture\" instead.")
        }
        if process == .gaussian, members.has("x_train"), members.value("kind") == .string(KernelKind.ntk.rawValue) {
            members.fault(at: "kind", "The NTK is that of an architecture; send \"architecture\" instead of \"kernel\", or leave kind out.")
        }
    }

    /// Functions that there are anyhow may be named, and no other number of them.
    private static func check(_ outputs: Int, source: Source?, _ reader: RequestReader, isGaussian: Bool) {
        let members = reader.members
        if case .network(let network) = source, network.outputCount != outputs {
            members.fault(at: "outputs", "A sample has as many functions as the network has outputs, \(network.outputCount), not \(outputs); leave outputs out.")
        }
        let targets = reader.references[members.pointer(to: "y_train")]
        if isGaussian, members.hasValue("x_train"), let targets, targets.rowLength != outputs {
            members.fault(at: "outputs", "A sample has as many functions as the targets have columns, \(targets.rowLength), not \(outputs); leave outputs out.")
        }
    }

    var json: JSONValue {
        var object = JSONObject([
            ("process", .string(process.rawValue)), kernel.member, ("x", x.json), ("input_shape", .integers(x.shape)),
            ("samples", .integer(samples)), ("seed", .integer(seed)),
        ])
        if process == .deepGaussian { object["widths"] = .integers(widths) }
        if process != .network, training == nil { object["outputs"] = .integer(outputs) }
        for (name, value) in training?.json ?? [] { object[name] = value }
        if process == .gaussian { object["include"] = .strings(include.map(\.rawValue)) }
        return .object(object)
    }

    var size: (count: Int, name: String) { (x.rows, "rows") }
    var advice: String? { "ask for fewer samples" }

    func forecast(size m: Int, threads: Int) -> Forecast {
        let n = training?.x.rows ?? 0
        let functions = Forecast.product(samples, outputs)
        let hidden = Forecast.product(samples, widths.reduce(0) { Forecast.sum($0, $1) })
        let drawn = Forecast.product(Forecast.sum(functions, hidden), m, 8)
        let (square, cross) = (Forecast.product(m, m, 8), Forecast.product(n, Forecast.sum(n, Forecast.product(2, m)), 8))
        let (matrices, parameters) =
            switch source {
            // The covariance, its copy that becomes eigenvectors, and LAPACK's two.
            case .gaussian: (5, 0)
            case .network(let network): (0, network.parameterCount)
            case .deepGaussian: (4, 0)
            }
        let inputs = Forecast.product(Forecast.sum(m, n), Forecast.sum(x.rowLength, outputs), 16)
        let decompositions = process == .deepGaussian ? 1 + Double(samples) * Double(widths.count) : process == .gaussian ? 1 : 0
        let cube = Double(m) * Double(m) * Double(m)
        return Forecast(
            resultBytes: Forecast.sum(Forecast.product(functions, m, 8), include.contains(.covariance) ? square : 0),
            peakBytes: Forecast.sum(
                Forecast.sum(Forecast.processBytes, Forecast.product(matrices, square), Forecast.product(2, cross), inputs),
                Forecast.product(3, drawn), Forecast.product(parameters, 24), Forecast.product(threads, 4 << 20)),
            operations: 9 * cube * decompositions + 4 * Double(m) * Double(m) * Double(functions) + 2 * Double(parameters) * Double(m) * Double(samples))
    }
}
