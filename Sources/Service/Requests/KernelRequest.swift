import Architectures
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
    let stack: DenseStack
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
        let architecture = reader.architecture()
        let inputShape = members.integers("input_shape", in: 1..., count: 1...3)
        precision = members.choice("precision", of: Precision.self, default: .float64)
        include = members.choices("include", of: Inclusion.self) ?? []
        let x1 = try reader.requiredInputs("x1", inputShape: inputShape)
        let x2 = try reader.inputs("x2", inputShape: inputShape)
        reader.finish()
        if let x1, let x2, x1.shape != x2.shape {
            members.fault(at: "x2", "Its rows have shape \(x2.shape), those of x1 \(x1.shape); both must be inputs of the same network.")
        }
        if x2 != nil, let index = members.value("include")?.elements?.firstIndex(of: .string(Inclusion.spectrum.rawValue)) {
            faults.add(
                members.pointer(to: "include").appending(index),
                "A spectrum belongs to a symmetric kernel; leave x2 out, or leave \"spectrum\" out.")
        }
        if let architecture { GaussianInputs.check(architecture, faults: faults) }
        let stack = architecture.flatMap { architecture in x1.flatMap { Self.stack(architecture, input: $0, faults: faults) } }
        guard faults.isEmpty, let architecture, let stack, let x1 else { return nil }
        self.kinds = kinds
        self.architecture = architecture
        self.stack = stack
        self.x1 = x1
        self.x2 = x2
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
}
