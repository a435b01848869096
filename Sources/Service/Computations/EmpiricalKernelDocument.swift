import Arrays
import FiniteNetworks
import Foundation
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

/// The arrays of one kind of empirical kernel. The mean over outputs is a matrix like those of infinite networks, with all that
/// belongs to one; other modes are written when they are complete.
struct EmpiricalKernelArrays<Scalar: NetworkScalar & KernelScalar & ArrayElement> {
    let kind: KernelKind
    /// Nil for `full` and `per_output`.
    let matrix: KernelOutput<Scalar>?
    private let isSingle: Bool

    init(_ request: EmpiricalKernelRequest, _ kind: KernelKind, networks: Int, context: JobContext) throws {
        self.kind = kind
        isSingle = networks == 1
        guard request.outputs == .mean else {
            matrix = nil
            return
        }
        let layers = kind == .ntk && request.include.contains(.layers) ? EmpiricalKernel<Scalar>.layers(of: request.network).count : nil
        matrix = try KernelOutput<Scalar>(
            of: kind, rows: request.rows, columns: request.columns, include: request.include, layers: layers, blobs: context.blobs)
    }

    /// Where one network's numbers are written at once.
    var destinations: [KernelQuantity: UnsafeMutablePointer<Scalar>] {
        guard isSingle, let pointers = matrix?.pointers else { return [:] }
        var places: [KernelQuantity: UnsafeMutablePointer<Scalar>] = [:]
        places[kind == .ntk ? .ntk : .nngp] = pointers.kernel
        if kind == .ntk { places[.layers] = pointers.layers }
        return places
    }
}

/// What a job of empirical kernels leaves.
struct EmpiricalKernelDocument<Scalar: NetworkScalar & KernelScalar & ArrayElement> {
    private let request: EmpiricalKernelRequest
    private let context: JobContext
    private let numbers: KernelNumbers<Scalar>
    private let errors: KernelNumbers<Scalar>

    init(_ request: EmpiricalKernelRequest, _ context: JobContext, _ numbers: KernelNumbers<Scalar>, _ errors: KernelNumbers<Scalar>) {
        (self.request, self.context, self.numbers, self.errors) = (request, context, numbers, errors)
    }

    private var outputs: Int { request.network.outputCount }
    private var shape: [Int] { request.outputs.shape(rows: request.rows, columns: request.columns, outputs: outputs) }

    func output(_ results: [EmpiricalKernelArrays<Scalar>]) throws -> ComputationOutput {
        var output = ComputationOutput()
        let layers = EmpiricalKernel<Scalar>.layers(of: request.network)
        if request.include.contains(.layers) { output.members["layers"] = .strings(layers.map { "\($0.typeName) at \($0.pointer)" }) }
        output.metrics["networks"] = .integer(request.source.count)
        output.metrics["parameters"] = .integer(request.network.parameterCount)
        for result in results { try append(result, to: &output) }
        if request.include.contains(.layers), request.outputs != .mean, let values = numbers[.layers] {
            let size = shape.reduce(1, *)
            let parts = layers.indices.flatMap { ordered(Array(values[$0 * size..<($0 + 1) * size])) }
            output.arrays.append(try array("ntk_layers", [layers.count] + shape, parts))
        }
        try append("outputs", [request.rows, outputs], .outputs, to: &output)
        try append("products", [request.vectors?.rows ?? 0, request.rows, outputs], .products, to: &output)
        return output
    }

    private func append(_ result: EmpiricalKernelArrays<Scalar>, to output: inout ComputationOutput) throws {
        let (name, quantity) = (result.kind.rawValue, result.kind == .ntk ? KernelQuantity.ntk : .nngp)
        if let matrix = result.matrix, let kernel = matrix.pointers.kernel {
            if let values = numbers[quantity] { kernel.update(from: values, count: values.count) }
            if result.kind == .ntk, let values = numbers[.layers] { matrix.pointers.layers?.update(from: values, count: values.count) }
            try checkFinite(UnsafePointer(kernel), count: request.rows * request.columns)
            writeGeometry(result.kind, matrix.pointers, kernel)
            for (metric, value) in try matrix.measure(symmetric: request.x2 == nil, threads: context.threads) {
                if request.kinds.count == 1 { output.metrics[metric] = value }
                output.metrics["\(name)_\(metric)"] = value
            }
            try context.checkCancellation()
            output.arrays += try matrix.commit(to: context.blobs)
        } else if let values = numbers[quantity] {
            output.arrays.append(try array(name, shape, ordered(values)))
        }
        if let error = errors[quantity] { output.arrays.append(try array("\(name)_standard_error", shape, ordered(error))) }
    }

    private func append(_ name: String, _ shape: [Int], _ quantity: KernelQuantity, to output: inout ComputationOutput) throws {
        guard let values = numbers[quantity] else { return }
        output.arrays.append(try array(name, shape, values))
        if let error = errors[quantity] { output.arrays.append(try array("\(name)_standard_error", shape, error)) }
    }

    private func array(_ name: String, _ shape: [Int], _ values: [Scalar]) throws -> ResultArray {
        try values.withUnsafeBufferPointer { buffer in
            if let base = buffer.baseAddress { try checkFinite(base, count: buffer.count) }
            return try ResultArray(name, shape: shape, buffer, blobs: context.blobs)
        }
    }

    private func checkFinite(_ values: UnsafePointer<Scalar>, count: Int) throws {
        guard FiniteCheck.firstNonFinite(in: UnsafeBufferPointer(start: values, count: count)) != nil else { return }
        throw NonFiniteEmpiricalKernel(isSingle: Scalar.elementType == .float32)
    }

    /// Planes [k, k, n1, n2] as the contract has them, [n1, n2, k, k]; other modes are planes.
    private func ordered(_ values: [Scalar]) -> [Scalar] {
        guard request.outputs == .full else { return values }
        let (blocks, pairs) = (outputs * outputs, request.rows * request.columns)
        return [Scalar](unsafeUninitializedCapacity: values.count) { buffer, count in
            for pair in 0..<pairs {
                for block in 0..<blocks { buffer.initializeElement(at: pair * blocks + block, to: values[block * pairs + pair]) }
            }
            count = values.count
        }
    }

    /// Cosines, angles, distances and the diagonal of a kernel. A row without variance is at a right angle to all others.
    private func writeGeometry(_ kind: KernelKind, _ arrays: KernelArrays<Scalar>, _ kernel: UnsafeMutablePointer<Scalar>) {
        let (n, m, isSymmetric) = (request.rows, request.columns, request.x2 == nil)
        func diagonal(_ quantity: KernelQuantity, _ count: Int) -> [Double] {
            isSymmetric ? (0..<n).map { Double(kernel[$0 * n + $0]) } : (numbers[quantity] ?? []).map { Double($0) }
        }
        let left = diagonal(kind == .ntk ? .ntkDiagonal : .nngpDiagonal, n)
        let right = diagonal(kind == .ntk ? .ntkColumnDiagonal : .nngpColumnDiagonal, m)
        if let target = arrays.diagonal { for i in 0..<n { target[i] = Scalar(left[i]) } }
        guard arrays.cosine != nil || arrays.angle != nil || arrays.distance != nil else { return }
        for i in 0..<n {
            for j in 0..<m {
                let (at, value) = (i * m + j, Double(kernel[i * m + j]))
                let scale = left[i].squareRoot() * right[j].squareRoot()
                let isSame = isSymmetric && i == j
                let cosine = scale > 0 ? (isSame ? 1 : min(1, max(-1, value / scale))) : 0
                arrays.cosine?[at] = Scalar(cosine)
                arrays.angle?[at] = Scalar(acos(cosine))
                arrays.distance?[at] = Scalar(isSame ? 0 : max(0, left[i] + right[j] - 2 * value).squareRoot())
            }
        }
    }
}

/// A kernel beyond the largest number of the job's precision.
struct NonFiniteEmpiricalKernel: NumericalFailure {
    let isSingle: Bool
    var code: JobErrorCode { .nonFiniteResult }
    var title: String { "The kernel is not finite" }
    var detail: String {
        "Parameters, outputs or derivatives of the network are beyond the largest \(isSingle ? "float32" : "float64"); scale the inputs or the weights down\(isSingle ? ", or set precision to \"float64\"" : "")."
    }
}
