import Architectures
import InfiniteNetworks
import JSON
import Jobs

/// What `POST /kernels`, `/kernels/nngp` and `/kernels/ntk` ask for, checked.
struct KernelRequest: Sendable {
    enum Inclusion: String, Sendable, CaseIterable { case cosine, angle, distance, diagonal, spectrum, layers }
    enum Precision: String, Sendable, CaseIterable { case float64, float32 }

    let jobKind: String
    let kinds: [KernelKind]
    let architecture: Architecture
    let stack: DenseStack
    var x1: DataReference
    var x2: DataReference?
    let precision: Precision
    let include: [Inclusion]

    var rows: Int { x1.rows }
    var columns: Int { x2?.rows ?? x1.rows }

    /// - Parameter only: The one kernel that the path names; nil for `/kernels`, whose body has `kinds`.
    /// - Throws: ``Problem`` with every fault of the document.
    init(_ body: JSONValue, only: KernelKind?, store: any JobStore, blobs: BlobStore) throws {
        let faults = Faults()
        guard let reader = ObjectReader(body, at: .root, faults: faults) else { throw Problem.invalidDocument(faults) }
        let kinds = only.map { [$0] } ?? reader.choices("kinds", of: KernelKind.self, count: 1...) ?? []
        if only == nil, !reader.has("kinds") {
            faults.add(.root, "The member \"kinds\" is missing; write \"kinds\": [\"nngp\", \"ntk\"] for both kernels.")
        }
        let architecture = reader.requiredValue("architecture").flatMap {
            ArchitectureParser.parse($0, at: reader.pointer(to: "architecture"), faults: faults)
        }
        let inputShape = reader.integers("input_shape", in: 1..., count: 1...3)
        let precision = reader.choice("precision", of: Precision.self, default: .float64)
        let include = reader.choices("include", of: Inclusion.self) ?? []
        let data = DataReader(store: store, blobs: blobs, faults: faults)
        let x1 = try reader.requiredValue("x1").flatMap { try data.inputs($0, at: reader.pointer(to: "x1"), inputShape: inputShape) }
        var x2: DataReference?
        if let value = reader.value("x2"), value != .null {
            x2 = try data.inputs(value, at: reader.pointer(to: "x2"), inputShape: inputShape)
        }
        reader.finish()
        if let x1, let x2, x1.shape != x2.shape {
            reader.fault(at: "x2", "Its rows have shape \(x2.shape), those of x1 \(x1.shape); both must be inputs of the same network.")
        }
        if x2 != nil, let index = reader.value("include")?.elements?.firstIndex(of: .string(Inclusion.spectrum.rawValue)) {
            faults.add(
                reader.pointer(to: "include").appending(index),
                "A spectrum belongs to a symmetric kernel; leave x2 out, or leave \"spectrum\" out.")
        }
        if let architecture { GaussianInputs.check(architecture, faults: faults) }
        let stack = architecture.flatMap { architecture in x1.flatMap { Self.stack(architecture, input: $0, faults: faults) } }
        guard faults.isEmpty, let architecture, let stack, let x1 else { throw Problem.invalidDocument(faults) }
        self.jobKind = only.map { "kernels.\($0.rawValue)" } ?? "kernels"
        self.kinds = kinds
        self.architecture = architecture
        self.stack = stack
        self.x1 = x1
        self.x2 = x2
        self.precision = precision
        self.include = include
    }

    /// The architecture compiled for inputs like these; nil with faults where it has no kernel here.
    private static func stack(_ architecture: Architecture, input: DataReference, faults: Faults) -> DenseStack? {
        let before = faults.count
        _ = ShapeInference.infer(
            architecture, inputShape: input.shape, at: .root.appending("input_shape"), for: .infiniteKernel, faults: faults)
        if input.shape.count > 1 {
            faults.add(
                .root.appending("x1"),
                "The inputs have the shape \(input.shape); kernels here are those of networks on vectors, so send rows of plain numbers.")
        }
        guard faults.count == before else { return nil }
        do throws(ArchitectureError) {
            return try DenseStack(architecture, inputDimension: input.rowLength, at: .root.appending("architecture"))
        } catch {
            for fault in error.faults { faults.add(fault.pointer, fault.detail) }
            return nil
        }
    }

    /// The request as understood, with its defaults filled in; shown in the result.
    var json: JSONValue {
        .object([
            "kinds": .strings(kinds.map(\.rawValue)), "architecture": architecture.json, "x1": x1.json, "x2": x2?.json ?? .null,
            "input_shape": .integers(x1.shape), "precision": .string(precision.rawValue), "include": .strings(include.map(\.rawValue)),
        ])
    }

    /// What the worker reads: the request and where its data are.
    var specification: String {
        JSONValue.object(["request": json, "x1": x1.stored, "x2": x2?.stored]).ownString
    }

    /// Reads ``specification`` back. The server wrote it, so a fault here is ours and not the client's.
    init(specification text: String, jobKind: String) throws(DamagedSpecification) {
        let faults = Faults()
        guard let document = try? JSONParser.parse(text), let request = document["request"],
            let reader = ObjectReader(request, at: .root, faults: faults),
            let architecture = reader.value("architecture").flatMap({
                ArchitectureParser.parse($0, at: .root.appending("architecture"), faults: faults)
            }),
            let x1 = document["x1"].flatMap(DataReference.init(stored:)),
            let stack = Self.stack(architecture, input: x1, faults: faults)
        else { throw DamagedSpecification(detail: faults.all.first?.detail ?? "unreadable") }
        self.jobKind = jobKind
        kinds = reader.choices("kinds", of: KernelKind.self) ?? []
        self.architecture = architecture
        self.stack = stack
        self.x1 = x1
        x2 = document["x2"].flatMap(DataReference.init(stored:))
        precision = reader.choice("precision", of: Precision.self, default: .float64)
        include = reader.choices("include", of: Inclusion.self) ?? []
        guard faults.isEmpty else { throw DamagedSpecification(detail: faults.all.first?.detail ?? "unreadable") }
    }
}

/// A job's specification that this version of the program cannot read.
struct DamagedSpecification: Error, CustomStringConvertible {
    let detail: String
    var description: String { "the job's specification cannot be read: \(detail)" }
}
