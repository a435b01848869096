/// The path kernel of a run (arXiv 2012.00152, theorem 1) at query rows x and training rows x_i, for a network of one output:
/// f(x) = b(x) + Σ_i a_i(x) K(x, x_i), with K = Σ_s η Θ_{w_s}, a_i = −Σ_s η Θ_{w_s} L'_i(s)/K and b = f_{w_0}(x).
///
/// Exact for gradient descent on an f that is linear in w; else its defect is of first order in η.
public struct PathKernelResult: Sendable, Equatable {
    /// Query rows.
    public let rows: Int
    /// K [rows, n], a [rows, n], b [rows], the reconstruction [rows] and what the network ended with [rows], one after another.
    let numbers: [Double]

    init(numbers: [Double], rows: Int) {
        self.numbers = numbers
        self.rows = rows
    }

    /// Training rows.
    public var columns: Int { rows == 0 ? 0 : (numbers.count / rows - 3) / 2 }
    public var kernel: [Double] { Array(numbers[..<(rows * columns)]) }
    public var coefficients: [Double] { Array(numbers[(rows * columns)..<(2 * rows * columns)]) }
    public var offsets: [Double] { Array(numbers[(2 * rows * columns)...].prefix(rows)) }
    public var reconstruction: [Double] { Array(numbers[(2 * rows * columns + rows)...].prefix(rows)) }
    public var outputs: [Double] { Array(numbers.suffix(rows)) }

    /// ‖reconstruction − f_T‖/‖f_T − f_0‖; 0 where nothing moved.
    public var relativeDefect: Double {
        let moved = zip(outputs, offsets).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let missed = zip(outputs, reconstruction).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return moved > 0 ? (missed / moved).squareRoot() : 0
    }
}

/// Gathers the sums of a path kernel while a run trains.
final class PathKernelSum<Scalar: NetworkScalar> {
    private let tape: NetworkTape<Scalar>
    private let queries: Int
    private let columns: Int
    /// Σ η Θ and Σ η Θ L', [queries, n].
    private var kernel: [Double]
    private var weighted: [Double]

    /// - Parameter queries: rows of inputs at which the function is taken apart.
    init(_ network: FiniteNetwork, queries: [Scalar], train: [Scalar]) {
        self.queries = queries.count / network.inputCount
        columns = train.count / network.inputCount
        tape = NetworkTape(network, capacity: self.queries + columns)
        tape.load(queries + train, count: self.queries + columns)
        kernel = [Double](repeating: 0, count: self.queries * columns)
        weighted = kernel
    }

    /// Adds the step that leaves these parameters.
    ///
    /// With the output scale α the kernel of αf is α²Θ and L/α² is descended, so the α cancel.
    /// - Parameters:
    ///   - slope: ∂L/∂F of the rows of the batch.
    ///   - rows: the batch; nil: all.
    func add(_ parameters: UnsafePointer<Scalar>, slope: [Double], rows: [Int]?, rate: Double) {
        tape.forward(parameters)
        let theta = KernelFactors(tape, parameters).mean(0..<queries, queries..<(queries + columns))
        for i in 0..<queries {
            for j in 0..<columns { kernel[i * columns + j] += rate * theta[i * columns + j] }
            for (place, j) in (rows ?? Array(0..<columns)).enumerated() {
                weighted[i * columns + j] += rate * theta[i * columns + j] * slope[place]
            }
        }
    }

    /// scale · (f − center) at the query rows.
    func outputs(_ parameters: UnsafePointer<Scalar>, center: [Double]?, scale: Double) -> [Double] {
        let outputs = tape.forward(parameters)
        return (0..<queries).map { scale * (Double(outputs[$0]) - (center?[$0] ?? 0)) }
    }

    func result(offsets: [Double], outputs: [Double]) -> PathKernelResult {
        var (coefficients, reconstruction) = (kernel, offsets)
        for i in 0..<queries {
            for j in 0..<columns {
                let at = i * columns + j
                coefficients[at] = kernel[at] == 0 ? 0 : -weighted[at] / kernel[at]
                reconstruction[i] -= weighted[at]
            }
        }
        return PathKernelResult(numbers: kernel + coefficients + offsets + reconstruction + outputs, rows: queries)
    }

    func encode(into writer: inout StateWriter) {
        writer.write(kernel)
        writer.write(weighted)
    }

    func decode(from reader: inout StateReader) throws(DamagedState) {
        (kernel, weighted) = (try reader.doubles(), try reader.doubles())
        guard kernel.count == queries * columns, weighted.count == kernel.count else { throw DamagedState() }
    }
}
