import Dynamics
import Foundation
import InfiniteNetworks
import LinearAlgebra
import Testing

private func rows(_ matrix: DenseMatrix, _ indices: [Int]) -> DenseMatrix {
    DenseMatrix(rows: indices.count, columns: matrix.columns, values: indices.flatMap { i in (0..<matrix.columns).map { matrix[i, $0] } })
}

struct SelectionTests {
    /// The closed forms against predictions of each fold from the rows outside of it, with the same ridge.
    @Test(arguments: [nil, 3])
    func heldOutErrorsAreThoseOfHoldingOut(count: Int?) throws {
        var random = SplitMix(state: 31)
        let (x, y) = (random.matrix(11, 3), random.matrix(11, 2))
        let network = try perceptron("relu", depth: 2, weightStd: 1.4, biasStd: 0.2, inputs: 3)
        func kernels(_ train: DenseMatrix, _ test: DenseMatrix?) throws -> KernelBlocks {
            try #require(try InfiniteKernelBlocks(of: network, kinds: [.ntk], train: train, test: test, covariance: .none, threads: 1).ntk)
        }
        let folds = count.map { ModelSelection.folds($0, classes: [Int](repeating: 0, count: 11)) }
        let selection = try ModelSelection(overwriting: kernels(x, nil).train, targets: y, threads: 1)
        for ridge in [0.01, 0.3] {
            let scores = try selection.scores(ridge: .absolute(ridge), folds: folds).get()
            var squares = 0.0
            for fold in Set(folds ?? Array(0..<11)) {
                let held = (0..<11).filter { (folds?[$0] ?? $0) == fold }
                let rest = (0..<11).filter { (folds?[$0] ?? $0) != fold }
                var problem = PredictionProblem(targets: rows(y, rest))
                problem.ridge = .absolute(ridge)
                let prediction = try EnsemblePredictor.predict(nngp: nil, ntk: kernels(rows(x, rest), rows(x, held)), problem: problem)
                let mean = try #require(prediction[.ntk]?.mean)
                squares += zip(mean.values, rows(y, held).values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            }
            #expect(abs(scores.heldOutError - squares / 22) < 1e-10)
            var problem = PredictionProblem(targets: y)
            problem.ridge = .absolute(ridge)
            let whole = try EnsemblePredictor.predict(nngp: nil, ntk: kernels(x, nil), problem: problem)
            let evidence = try #require(whole[.ntk]?.logMarginalLikelihood)
            #expect(abs(scores.logMarginalLikelihood - evidence) < 1e-9 * abs(evidence))
        }
    }

    @Test func singularCandidatesHaveNoScore() throws {
        let kernel = DenseMatrix(rows: 2, columns: 2, values: [1, 1, 1, 1])
        let selection = try ModelSelection(overwriting: kernel, name: "nngp", targets: DenseMatrix(rows: 2, columns: 1, values: [1, 2]), threads: 1)
        guard case .failure(let kernel) = try selection.scores(ridge: .absolute(0)) else {
            Issue.record("a singular kernel has a score")
            return
        }
        #expect(kernel.name == "nngp" && kernel.rank == 1 && abs(kernel.lambdaMin) < 1e-15)
        _ = try selection.scores(ridge: .absolute(kernel.helpfulRidge)).get()
    }

    @Test func foldsShareTheClasses() {
        #expect(ModelSelection.folds(2, classes: [0, 0, 1, 0, 1, 1]) == [0, 1, 0, 0, 1, 0])
    }
}

/// Kernel ridge regression on UCI sets (experiment X13 of the theory): z-scores over all rows, constant columns dropped, ReLU
/// with weight variance 2, targets one-hot less 1/classes, a ridge of 1e-3 of the training block's mean diagonal, ten folds by
/// the rank within the class.
struct SmallDataTests {
    struct Expectation: Sendable {
        let name: String
        /// By depth 1, 2, 3, 5: accuracies of the NNGP and the NTK.
        let accuracies: [(depth: Int, nngp: Double, ntk: Double)]
    }

    static let expectations = [
        Expectation(name: "iris", accuracies: [(1, 0.8933, 0.8800), (2, 0.8867, 0.8600), (3, 0.8800, 0.8600), (5, 0.8667, 0.8600)]),
        Expectation(name: "wine_data", accuracies: [(1, 0.9775, 0.9831), (2, 0.9663, 0.9831), (3, 0.9719, 0.9831), (5, 0.9719, 0.9775)]),
        Expectation(name: "breast_cancer", accuracies: [(1, 0.9631, 0.9649), (2, 0.9754, 0.9789), (3, 0.9736, 0.9772), (5, 0.9719, 0.9754)]),
    ]

    private func load(_ name: String) throws -> (x: DenseMatrix, labels: [Int]) {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/data/\(name)", withExtension: "csv"))
        let lines = try String(contentsOf: url, encoding: .utf8).split(whereSeparator: \.isNewline).dropFirst()
        let table = lines.map { $0.split(separator: ",").compactMap { Double($0) } }
        let (n, d) = (table.count, table[0].count - 1)
        var columns: [[Double]] = []
        for j in 0..<d {
            let column = table.map { $0[j] }
            let mean = column.reduce(0, +) / Double(n)
            let deviation = (column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)).squareRoot()
            if deviation > 0 { columns.append(column.map { ($0 - mean) / deviation }) }
        }
        let x = DenseMatrix(rows: n, columns: columns.count, values: (0..<n).flatMap { i in columns.map { $0[i] } })
        return (x, table.map { Int($0[d]) })
    }

    @Test(arguments: expectations.indices)
    func accuraciesAgree(index: Int) throws {
        let expectation = Self.expectations[index]
        let (x, labels) = try load(expectation.name)
        let classes = (labels.max() ?? 0) + 1
        let targets = DenseMatrix(rows: labels.count, columns: classes, values: labels.flatMap { label in
            (0..<classes).map { ($0 == label ? 1 : 0) - 1 / Double(classes) }
        })
        let folds = ModelSelection.folds(10, classes: labels)
        for (depth, nngp, ntk) in expectation.accuracies {
            let network = try perceptron("relu", depth: depth, weightStd: 2.0.squareRoot(), inputs: x.columns)
            var right: [KernelKind: Double] = [:]
            for fold in 0..<10 {
                let (held, rest) = (folds.indices.filter { folds[$0] == fold }, folds.indices.filter { folds[$0] != fold })
                let blocks = try InfiniteKernelBlocks(
                    of: network, kinds: [.nngp, .ntk], train: rows(x, rest), test: rows(x, held), covariance: .none, threads: 2)
                var problem = PredictionProblem(targets: rows(targets, rest))
                problem.ridge = .relative(1e-3)
                let predictions = try EnsemblePredictor.predict(
                    nngp: blocks.nngp, ntk: blocks.ntk, problem: problem, spectra: nil, threads: 2)
                for (kind, prediction) in predictions {
                    let confusion = PredictionScores.confusion(try #require(prediction.mean), at: 0, rows(targets, held))
                    right[kind, default: 0] += confusion.diagonal.reduce(0, +)
                }
            }
            // The table has four digits; one example of tolerance beside that.
            let tolerance = 1 / Double(labels.count) + 5e-5
            #expect(abs((right[.nngp] ?? 0) / Double(labels.count) - nngp) <= tolerance, "\(expectation.name), depth \(depth)")
            #expect(abs((right[.ntk] ?? 0) / Double(labels.count) - ntk) <= tolerance, "\(expectation.name), depth \(depth)")
        }
    }
}
