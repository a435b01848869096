import Architectures
import Foundation
import InfiniteNetworks
import JSON
import Jobs

/// What `POST /kernels`, `/kernels/nngp` and `/kernels/ntk` ask for, checked.
struct KernelRequest: JobRequest {
    enum Inclusion: String, Sendable, CaseIterable { case cosine, angle, distance, diagonal, spectrum, layers }
    enum Precision: String, Sendable, CaseIterable { case float64, float32 }

    static let endpoints = [
        JobEndpoint(path: "/kernels", kind: "kernels"), JobEndpoint(path: "/kernels/nngp", kind: "kernels.nngp"),
        JobEndpoint(path: "/kernels/ntk", kind: "kernels.ntk"),
    ]

    let kinds: [KernelKind]
    let architecture: Architecture
    let network: InfiniteNetwork
    var x1: DataReference
    var x2: DataReference?
    let precision: Precision
    let include: [Inclusion]

    var rows: Int { x1.rows }
    var columns: Int { x2?.rows ?? x1.rows }

    init?(_ reader: RequestReader) throws {
        let (members, faults) = (reader.members, reader.faults)
        // The one kernel that the path names; none for /kernels, whose body has `kinds`.
        let only = KernelKind.allCases.first { reader.kind == "kernels.\($0.rawValue)" }
        let kinds = only.map { [$0] } ?? members.choices("kinds", of: KernelKind.self, count: 1...) ?? []
        if only == nil, !members.has("kinds") {
            faults.add(.root, "The member \"kinds\" is missing; write \"kinds\": [\"nngp\", \"ntk\"] for both kernels.")
        }
        let architecture = reader.architecture(for: .infiniteKernel)
        let inputShape = members.integers("input_shape", in: 1..., count: 1...3)
        precision = members.choice("precision", of: Precision.self, default: .float64)
        include = members.choices("include", of: Inclusion.self) ?? []
        let x1 = try reader.requiredInputs("x1", inputShape: inputShape)
        let x2 = try reader.inputs("x2", inputShape: inputShape)
        reader.finish()
        reader.checkShape(of: "x2", beside: "x1")
        members.refuseSpectrumOfTwoSets()
        let network = architecture.flatMap { reader.network($0, inputs: x1) }
        if (reader.outline("x1").shape ?? inputShape ?? []).count > 1, let place = members.place(of: Inclusion.layers, in: "include") {
            faults.add(
                place, "Between layers that keep positions the kernel of two inputs is no single number, so there is no matrix after each layer; leave \"layers\" out.")
        }
        guard faults.isEmpty, let architecture, let network, let x1 else { return nil }
        self.kinds = kinds
        self.architecture = architecture
        self.network = network
        self.x1 = x1
        self.x2 = x2
    }

    /// The request as understood, with its defaults filled in; shown in the result.
    var json: JSONValue {
        .object([
            "kinds": .strings(kinds.map(\.rawValue)), "architecture": architecture.json, "x1": x1.json, "x2": x2?.json ?? .null,
            "input_shape": .integers(x1.shape), "precision": .string(precision.rawValue), "include": .strings(include.map(\.rawValue)),
        ])
    }
}

extension ObjectReader {
    /// A spectrum beside a second set of inputs is a fault, whatever else is wrong with either.
    func refuseSpectrumOfTwoSets() {
        guard hasValue("x2"), let place = place(of: KernelRequest.Inclusion.spectrum, in: "include") else { return }
        faults.add(place, "A spectrum belongs to a symmetric kernel; leave x2 out, or leave \"spectrum\" out.")
    }
}

extension KernelRequest {
    var size: (count: Int, name: String) { (rows, "rows") }
    var advice: String? { include.contains(.spectrum) ? "leave \"spectrum\" out" : nil }

    /// The forecast if x1 had `count` rows, and x2 no more.
    func forecast(size count: Int, threads: Int) -> Forecast {
        let columns = x2.map { min($0.rows, count) }
        return network.forecast(
            rows: count, columns: columns, rowLength: x1.rowLength, kinds: kinds.count, precision: precision, include: include,
            threads: threads)
    }
}

extension InfiniteNetwork {
    /// What a job of kernels takes, results included.
    func forecast(
        rows: Int, columns: Int?, rowLength: Int, kinds: Int, precision: KernelRequest.Precision,
        include: [KernelRequest.Inclusion], threads: Int
    ) -> Forecast {
        let size = precision == .float64 ? 8 : 4
        let working = forecast(rows: rows, columns: columns, bytesPerElement: size, threads: threads)
        let matrix = Forecast.product(rows, columns ?? rows, size)
        let geometry = [.cosine, .angle, .distance].filter(include.contains).count
        let matrices = 1 + geometry + (include.contains(.layers) ? layerNames?.count ?? 0 : 0)
        let vectors = (include.contains(.diagonal) ? rows * size : 0) + (include.contains(.spectrum) ? rows * 8 : 0)
        // The values as read, in float64, and the copy in the precision of the job.
        let inputs = Forecast.product(Forecast.sum(rows, columns ?? 0), rowLength, size == 8 ? 8 : 8 + size)
        let spectrum = include.contains(.spectrum) ? Forecast.product(rows, rows, 8) : 0
        // A tridiagonal reduction of n rows takes 4/3 n³ operations.
        let reduction = include.contains(.spectrum) ? 4 / 3 * pow(Double(rows), 3) * Double(kinds) : 0
        return Forecast(
            resultBytes: Forecast.product(Forecast.sum(Forecast.product(matrices, matrix), vectors), kinds),
            peakBytes: Forecast.sum(Forecast.processBytes, inputs, spectrum, Forecast.bytes(working.workingBytes)),
            operations: working.operations + reduction)
    }
}
