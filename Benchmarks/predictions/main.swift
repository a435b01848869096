// Predictions beside LAPACK's own factorisations of the same sizes, in one run.
//
//   predictions-benchmark posterior|times|cg [ROWS]
import COpenBLAS
import Dynamics
import Foundation
import LinearAlgebra

BLASKernels.restartIfOutdated()
let mode = CommandLine.arguments.dropFirst().first ?? "posterior"
let size = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) }
let threads = 2

/// A positive definite kernel like those of wide networks: 0.3 off the diagonal, decaying with the distance.
func element(_ i: Int, _ j: Int) -> Double {
    let distance = Double(i - j) / 40
    return 0.3 + exp(-distance * distance / 2) + (i == j ? 0.05 : 0)
}

func fill(_ rows: Int, _ columns: Int, from first: Int = 0) -> DenseMatrix {
    let matrix = DenseMatrix(rows: rows, columns: columns)
    for i in 0..<rows { for j in 0..<columns { matrix[i, j] = element(first + i, j) } }
    return matrix
}

func targets(_ rows: Int, _ columns: Int) -> DenseMatrix {
    DenseMatrix(rows: rows, columns: columns, values: (0..<rows * columns).map { sin(Double($0 * $0 % 1009)) })
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    let duration = ContinuousClock.now - start
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

func report(_ name: String, _ own: [Double], _ reference: [Double]) {
    print(
        "\(name): ours \(String(format: "%.3f", median(own))) s, LAPACK \(String(format: "%.3f", median(reference))) s, ratio "
            + String(format: "%.2f", median(zip(own, reference).map { $0 / $1 })))
}

switch mode {
case "posterior":
    let (n, m, k) = (size ?? 4000, 1000, 10)
    var (own, withSpectrum, reference): ([Double], [Double], [Double]) = ([], [], [])
    for _ in 0..<5 {
        for spectra in [SpectrumSummary.Precision.estimate, .full] {
            let blocks = KernelBlocks(train: fill(n, n), testTrain: fill(m, n, from: n / 2), testDiagonal: [Double](repeating: 1.35, count: m))
            var problem = PredictionProblem(targets: targets(n, k))
            problem.covariance = .diagonal
            let time = try seconds { _ = try EnsemblePredictor.predict(nngp: blocks, ntk: nil, problem: problem, spectra: spectra, threads: threads) }
            if spectra == .full { withSpectrum.append(time) } else { own.append(time) }
        }
        let (kernel, cross, right) = (fill(n, n), fill(m, n, from: n / 2), targets(k, n))
        reference.append(seconds {
            BLASThreads.with(threads) {
                _ = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 76 /* L */, Int32(n), kernel.base, Int32(n))
                _ = LAPACKE_dpotrs(LAPACK_COL_MAJOR, 76, Int32(n), Int32(k), kernel.base, Int32(n), right.base, Int32(n))
                _ = LAPACKE_dpotrs(LAPACK_COL_MAJOR, 76, Int32(n), Int32(m), kernel.base, Int32(n), cross.base, Int32(n))
            }
        })
    }
    report("posterior mean and variance, n = \(n)", own, reference)
    report("the same with lambda_min to 1e-10", withSpectrum, reference)
case "times":
    let (n, m, k) = (size ?? 2000, 500, 10)
    var (own, reference): ([Double], [Double]) = ([], [])
    for _ in 0..<3 {
        let blocks = KernelBlocks(train: fill(n, n), testTrain: fill(m, n, from: n / 2), testDiagonal: [Double](repeating: 1.35, count: m))
        var problem = PredictionProblem(targets: targets(n, k), times: (0..<100).map { Double($0 * $0) })
        problem.covariance = .diagonal
        own.append(try seconds { _ = try EnsemblePredictor.predict(nngp: blocks, ntk: nil, problem: problem, threads: threads) })
        let kernel = fill(n, n)
        var values = [Double](repeating: 0, count: n)
        reference.append(seconds {
            BLASThreads.with(threads) { _ = LAPACKE_dsyevd(LAPACK_COL_MAJOR, 86 /* V */, 85 /* U */, Int32(n), kernel.base, Int32(n), &values) }
            // The outputs of training and test inputs at all times, and the test inputs' variances.
            let cross = DenseMatrix.product(fill(m, n), kernel, threads: threads)
            let weighted = targets(n, k * 100)
            _ = DenseMatrix.product(kernel, weighted, threads: threads)
            _ = DenseMatrix.product(cross, weighted, threads: threads)
            _ = DenseMatrix.product(cross, targets(n, 100), threads: threads)
        })
    }
    report("100 times, n = \(n), beside one dsyevd and its products", own, reference)
default:
    let (n, k) = (size ?? 20_000, 1)
    // A file that loses its name at once: however the process ends, its space is given back.
    var path = Array((NSTemporaryDirectory() + "kernel-XXXXXX").utf8CString)
    let descriptor = mkstemp(&path)
    guard descriptor >= 0 else {
        FileHandle.standardError.write(Data("The folder for temporary files takes no file: \(String(cString: strerror(errno)))\n".utf8))
        exit(1)
    }
    unlink(path)
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    for i in 0..<n {
        let row = (0..<n).map { element(i, $0) }
        try file.write(contentsOf: row.withUnsafeBytes { Data($0) })
    }
    let kernel = KernelRows(count: n, diagonal: [Double](repeating: element(0, 0), count: n)) { rows, columns, target throws(DynamicsError) in
        for (index, row) in rows.enumerated() {
            let bytes = columns.count * 8
            guard pread(descriptor, target + index * columns.count, bytes, off_t((row * n + columns.lowerBound) * 8)) == bytes else {
                throw .notFinite("the file ended early")
            }
        }
    }
    var solution: ConjugateGradients.Solution?
    let time = try seconds { solution = try ConjugateGradients().solve(kernel, ridge: 1e-3, targets(n, k), threads: threads) }
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") } ?? ""
    print("n = \(n): \(solution?.iterations ?? 0) iterations to \(solution?.residual ?? 1) in \(String(format: "%.1f", time)) s; \(peak)")
}
