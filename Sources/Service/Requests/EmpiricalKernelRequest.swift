import Architectures
import FiniteNetworks
import InfiniteNetworks
import JSON
import Jobs

/// What `POST /kernels/empirical` asks for: kernels of networks of finite width.
struct EmpiricalKernelRequest: JobRequest {
    static let endpoints = [JobEndpoint(path: "/kernels/empirical", kind: "kernels.empirical")]

    let architecture: Architecture
    let network: FiniteNetwork
    let x1: DataReference
    let x2: DataReference?
    let kinds: [KernelKind]
    let outputs: KernelOutputs
    let include: [KernelRequest.Inclusion]
    let precision: KernelRequest.Precision
    let source: ParameterSource
    /// [vectors, n2 · k]
    let vectors: DataReference?

    var rows: Int { x1.rows }
    var columns: Int { x2?.rows ?? x1.rows }

    init?(_ reader: RequestReader) throws {
        let (members, faults) = (reader.members, reader.faults)
        let inputShape = members.integers("input_shape", in: 1..., count: 1...3)
        let isTrained = members.hasValue("training")
        let run = try isTrained ? members.object("training").flatMap { try TrainedRun($0, reader) } : nil
        let trained = try run.map(TrainedNetwork.init) ?? TrainedNetwork(of: members.value("training"), at: members.pointer(to: "training"), reader)
        precision = members.choice("precision", of: KernelRequest.Precision.self, default: .float64)
        let stored = members.hasValue("network") ? try reader.storedNetwork(in: precision) : nil
        let architecture = isTrained && !members.has("architecture") ? trained?.architecture : reader.architecture(orThatOf: stored)
        let x1 = try reader.requiredInputs("x1", inputShape: inputShape, of: trained, foldedFor: stored)
        let x2 = try reader.inputs("x2", inputShape: inputShape, of: trained, foldedFor: stored)
        let vectors = try reader.inputs("vectors")
        let hasVectors = members.hasValue("vectors")
        // With vectors the matrix may be left alone.
        let told = members.choices("kinds", of: KernelKind.self, count: (hasVectors ? 0 : 1)...)
        let kinds = told ?? [.ntk, .nngp]
        outputs = members.choice("outputs", of: KernelOutputs.self, default: .mean)
        include = members.choices("include", of: KernelRequest.Inclusion.self) ?? []
        let network = architecture.flatMap { reader.finiteNetwork($0, of: trained, inputs: x1, named: "x1") }
        let source = try ParameterSource(reader, run: run, stored: stored, of: network, in: precision)
        reader.finish()
        reader.checkShape(of: "x2", beside: "x1")
        let columns = members.hasValue("x2") ? reader.rows(of: x2, "x2") : reader.rows(of: x1, "x1")
        if let network, let rows = columns, let length = reader.outline("vectors").rowLength, length != rows * network.outputCount {
            members.fault(at: "vectors", "Each vector has \(length) numbers; the kernel's columns are \(rows) rows of \(network.outputCount) outputs, so it needs \(rows * network.outputCount).")
        }
        let wantsTangents = kinds.contains(.ntk) && (told != nil || !members.has("kinds"))
        if let network, wantsTangents || hasVectors, network.trainableRanges.isEmpty {
            members.fault(at: "architecture", "The network has no trainable layer, so its tangent kernel is zero; add a dense or conv layer, or set its trainable to true.")
        }
        members.refuseSpectrumOfTwoSets()
        Self.check(outputs, kinds, members)
        guard faults.isEmpty, let architecture, let network, let x1, let source else { return nil }
        (self.architecture, self.network, self.source, self.kinds) = (architecture, network, source, kinds)
        (self.x1, self.x2, self.vectors) = (x1, x2, vectors)
    }

    /// What may be included with what; told of a name wherever it stands, whatever is wrong with others.
    private static func check(_ outputs: KernelOutputs, _ kinds: [KernelKind], _ members: ObjectReader) {
        for inclusion in KernelRequest.Inclusion.allCases {
            guard let place = members.place(of: inclusion, in: "include") else { continue }
            switch inclusion {
            case .layers where !kinds.contains(.ntk):
                members.faults.add(place, "Layers contribute to the tangent kernel; add \"ntk\" to kinds, or leave \"layers\" out.")
            case .cosine, .angle, .distance, .diagonal, .spectrum:
                guard outputs != .mean else { continue }
                members.faults.add(
                    place, "\"\(inclusion.rawValue)\" is that of a matrix; set outputs to \"mean\", or leave \"\(inclusion.rawValue)\" out.")
            default: continue
            }
        }
    }

    var json: JSONValue {
        var object = JSONObject([
            ("architecture", architecture.json), ("x1", x1.json), ("x2", x2?.json ?? .null), ("input_shape", .integers(x1.shape)),
            ("kinds", .strings(kinds.map(\.rawValue))), ("outputs", .string(outputs.rawValue)),
            ("include", .strings(include.map(\.rawValue))), ("precision", .string(precision.rawValue)),
        ])
        object[source.member.name] = source.member.value
        if let vectors { object["vectors"] = vectors.json }
        return .object(object)
    }
}

extension EmpiricalKernelRequest {
    var size: (count: Int, name: String) { (rows, "rows") }
    var advice: String? { outputs == .full ? "set \"outputs\" to \"mean\"" : "use a narrower network or fewer seeds" }

    /// The forecast if x1 had `count` rows, and x2 no more.
    func forecast(size count: Int, threads: Int) -> Forecast {
        let columns = x2.map { min($0.rows, count) }
        let scalar = precision == .float64 ? 8 : 4
        let forecast = KernelForecast(
            network, rows: count, columns: columns, mode: outputs, wantsNTK: kinds.contains(.ntk), wantsProducts: vectors != nil,
            networks: source.count, threads: threads, scalar: scalar)
        let kernel = Forecast.product(of: outputs.shape(rows: count, columns: columns ?? count, outputs: network.outputCount))
        let geometry = [.cosine, .angle, .distance].filter(include.contains).count
        let layers = include.contains(.layers) ? EmpiricalKernel<Double>.layers(of: network).count : 0
        let errors = source.count > 1 ? 1 : 0
        let arrays = Forecast.sum(Forecast.product(kinds.count, kernel, 1 + geometry + errors), Forecast.product(layers, kernel))
        let vectors = Forecast.product(count, network.outputCount, 1 + (self.vectors?.rows ?? 0))
        let result = Forecast.product(Forecast.sum(arrays, vectors), scalar)
        let data = Forecast.product(Forecast.sum(count, columns ?? 0), x1.rowLength, 8 + scalar)
        // Kernels of several networks, and of pairs of outputs, are put together in private memory: the numbers of each network
        // at work, and the means and squares of all.
        let numbers = Forecast.product(Forecast.sum(Forecast.product(kinds.count, kernel), Forecast.product(layers, kernel)), 8)
        let isDirect = source.count == 1 && outputs == .mean
        let ensemble = isDirect ? 0 : Forecast.product(numbers, source.count == 1 ? 2 : 3 + 2 * min(threads, source.count))
        let spectrum = include.contains(.spectrum) ? Forecast.product(count, count, 8) : 0
        return Forecast(
            resultBytes: result,
            peakBytes: Forecast.sum(Forecast.processBytes, data, ensemble, spectrum, Forecast.bytes(forecast.workingBytes)),
            operations: forecast.operations)
    }
}
