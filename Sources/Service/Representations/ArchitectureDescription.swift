import Architectures
import FiniteNetworks
import InfiniteNetworks
import JSON

/// What an architecture document means for inputs of a shape: its layers written out, what they hold, which kernels it has,
/// and what a job would take.
struct ArchitectureDescription {
    private let architecture: Architecture
    private let trace: ShapeTrace
    private let inputShape: [Int]
    private let kernel: Result<InfiniteNetwork, ArchitectureFaults>
    private let finiteFaults: [Fault]
    private let forecast: Forecast?

    /// Reads a request for a description.
    ///
    /// - Returns: nil where a fault was recorded: in the document itself, or in how it fits the shape. A network that has only
    ///   kernels, or only a finite form, is described all the same, with the reasons.
    init?(_ reader: ObjectReader, threads: Int) {
        let faults = reader.faults
        let architecture = reader.requiredValue("architecture").flatMap {
            ArchitectureParser.draft($0, at: reader.pointer(to: "architecture"), faults: faults)
        }
        let shapePointer = reader.pointer(to: "input_shape")
        let inputShape = reader.requiredIntegers("input_shape", in: 1..., count: 1...3)
        let rows = reader.integer("rows", in: 1...Self.largestRows)
        let columns = reader.integer("columns", in: 1...Self.largestRows)
        let precision = reader.choice("precision", of: KernelRequest.Precision.self, default: .float64)
        reader.finish()
        if reader.has("columns"), !reader.has("rows") { reader.fault(at: "columns", "A forecast for columns needs the rows as well; give both.") }
        guard let architecture else { return nil }
        let axes = reader.value("input_shape")?.elements.flatMap { (1...3).contains($0.count) ? $0.count - 1 : nil }
        let trace = ShapeInference.survey(
            architecture, inputShape: inputShape, inputAxes: axes, at: shapePointer, for: .shapes, faults: faults).trace
        guard faults.isEmpty, let inputShape, let trace else { return nil }
        let finite = Faults()
        let network = FiniteNetwork(architecture, inputShape: inputShape, at: shapePointer, faults: finite)
        self.architecture = architecture
        self.inputShape = inputShape
        self.trace = trace
        finiteFaults = network == nil ? finite.all : []
        let compiled = Result { () throws(ArchitectureFaults) in
            try InfiniteNetwork(architecture, inputShape: inputShape, shapePointer: shapePointer)
        }
        kernel = compiled
        forecast = rows.flatMap { rows in
            try? compiled.get().forecast(
                rows: rows, columns: columns, rowLength: trace.input.elements ?? 1, kinds: 1, precision: precision, include: [],
                threads: threads)
        }
    }

    /// Beyond every kernel that a disk holds, and far from overflow.
    private static let largestRows = 1_000_000_000

    var json: JSONValue {
        let extents = (try? kernel.get())?.pairExtents(of: trace)
        return [
            "architecture": architecture.json, "input_shape": .integers(inputShape), "output_shape": trace.output.json,
            "layers": .array(trace.layers.enumerated().map { layer($1, extents?[$0]) }),
            "parameters": total { _ in true }, "trainable_parameters": total(\.isTrainable),
            "kernel": kernelJSON, "finite_network": Self.availability(finiteFaults),
            "forecast": forecast.map(\.json) ?? .null,
        ]
    }

    private func layer(_ entry: LayerShape, _ extent: InfiniteNetwork.PairExtent?) -> JSONValue {
        .object([
            "type": .string(entry.layer.typeName), "pointer": .string(entry.layer.pointer.description),
            "input_shape": entry.input.json, "output_shape": entry.output.json,
            "parameters": entry.parameters.map { .integer($0) } ?? .null, "trainable": entry.parameters == 0 ? nil : .bool(entry.isTrainable),
            "kernel": extent.map { .string($0.rawValue) } ?? .null,
        ])
    }

    /// Null where a width is missing.
    private func total(_ isCounted: (LayerShape) -> Bool) -> JSONValue {
        var sum = 0
        for entry in trace.layers where isCounted(entry) {
            guard let parameters = entry.parameters else { return .null }
            sum = Forecast.sum(sum, parameters)
        }
        return .integer(sum)
    }

    /// What is kept of a pair of inputs at most, and so what a job's time grows with.
    private var kernelJSON: JSONValue {
        switch kernel {
        case .failure(let faults): Self.availability(faults.faults)
        case .success(let network):
            ["available": true, "pairs": .string(Self.widest(network.pairExtents(of: trace)).rawValue), "errors": []]
        }
    }

    private static func widest(_ extents: [InfiniteNetwork.PairExtent]) -> InfiniteNetwork.PairExtent {
        extents.contains(.full) ? .full : extents.contains(.diagonal) ? .diagonal : .single
    }

    private static func availability(_ faults: [Fault]) -> JSONValue {
        [
            "available": .bool(faults.isEmpty),
            "errors": .array(faults.map { ["pointer": .string($0.pointer.description), "detail": .string($0.detail)] }),
        ]
    }
}

extension Shape {
    /// As in the document, with null for unknown channels.
    fileprivate var json: JSONValue {
        .array(positions.map { .integer($0) } + [channels.map { .integer($0) } ?? .null])
    }
}
