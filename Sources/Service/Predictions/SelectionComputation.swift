import Dynamics
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

extension SelectionRequest {
    func compute(_ context: JobContext) throws -> ComputationOutput {
        let inputs = DenseMatrix(rows: x.rows, columns: x.rowLength, values: try RowLoader.values(of: x, blobs: context.blobs))
        let labels = try RowLoader.values(of: y, blobs: context.blobs)
        let values = try RowLoader.targets(of: y, classes: task == .classification ? max(2, y.classCount) : nil, blobs: context.blobs)
        let targets = DenseMatrix(rows: y.rows, columns: values.count / max(1, y.rows), values: values)
        let classes = task == .classification ? labels.map { Int($0) } : [Int](repeating: 0, count: y.rows)
        let foldOfRow = score == .kFold ? ModelSelection.folds(folds, classes: classes) : nil

        var scores: [[ModelSelection.Scores?]] = []
        var singular: [SingularKernel] = []
        var divergence: KernelError?
        for (index, candidate) in candidates.enumerated() {
            try context.checkCancellation()
            context.progress(completed: index, total: candidates.count, unit: "networks", message: "")
            let computed = Result { () throws(KernelError) in
                try InfiniteKernelBlocks(
                    of: candidate.network, kinds: [kind], train: inputs, test: nil, covariance: .none, threads: context.threads,
                    isCancelled: { context.isCancelled })
            }
            let blocks: InfiniteKernelBlocks
            switch computed {
            case .success(let found): blocks = found
            case .failure(let error):
                guard error.isDivergence else { throw error }
                divergence = divergence ?? error
                scores.append(grid.ridges.map { _ in nil })
                continue
            }
            guard let kernel = kind == .nngp ? blocks.nngp : blocks.ntk else { continue }
            let selection = try ModelSelection(overwriting: kernel.train, name: kind.rawValue, targets: targets, threads: context.threads)
            var row: [ModelSelection.Scores?] = []
            for ridge in grid.ridges {
                switch try selection.scores(ridge: ridge, folds: foldOfRow) {
                case .success(let found): row.append(found)
                case .failure(let kernel):
                    singular.append(kernel)
                    row.append(nil)
                }
            }
            scores.append(row)
        }
        // Where no combination has a kernel, the first says why.
        if let divergence, singular.isEmpty, scores.allSatisfy({ $0.allSatisfy { $0 == nil } }) { throw divergence }
        return try output(scores, singular, context)
    }

    private func value(_ scores: ModelSelection.Scores) -> Double {
        score == .logMarginalLikelihood ? scores.logMarginalLikelihood : scores.heldOutError
    }

    /// The table, its best row, and the scores over (weight_std, bias_std) for the best depth, nonlinearity and ridge.
    private func output(_ scores: [[ModelSelection.Scores?]], _ singular: [SingularKernel], _ context: JobContext) throws -> ComputationOutput {
        var output = ComputationOutput()
        var (table, best): ([JSONValue], (candidate: Int, ridge: Int, score: Double)?) = ([], nil)
        for (c, row) in scores.enumerated() {
            for (r, found) in row.enumerated() {
                table.append(self.row(candidates[c], grid.ridges[r], found))
                guard let found, value(found).isFinite, best.map({ score.isBetter(value(found), than: $0.score) }) ?? true else { continue }
                best = (c, r, value(found))
            }
        }
        guard let best else {
            // Of all that have no inverse the one that is nearest to it.
            guard let nearest = singular.min(by: { $0.helpfulRidge < $1.helpfulRidge }) else {
                throw DynamicsError.notFinite("no combination of the grid has a score that is finite; scale the inputs and targets towards 1")
            }
            throw SingularGrid(kernel: nearest, combinations: table.count)
        }
        output.members["table"] = .array(table)
        output.members["best"] = table[best.candidate * grid.ridges.count + best.ridge]
        let slice = grid.weightStds.count * grid.biasStds.count
        let start = best.candidate / slice * slice
        let contour = (0..<slice).map { scores[start + $0][best.ridge].map(value) }
        output.members["contour"] = .object([
            "weight_std": .numbers(grid.weightStds), "bias_std": .numbers(grid.biasStds),
            "scores": .array(grid.weightStds.indices.map { w in
                .array(grid.biasStds.indices.map { .finite(contour[w * grid.biasStds.count + $0]) })
            }),
        ])
        output.metrics["best_score"] = .finite(best.score)
        let numbers = contour.compactMap { $0 }
        if numbers.count == slice {
            output.arrays.append(
                try ResultArray("contour", shape: [grid.weightStds.count, grid.biasStds.count], numbers, blobs: context.blobs))
        }
        return output
    }

    private func row(_ candidate: Candidate, _ ridge: Ridge, _ scores: ModelSelection.Scores?) -> JSONValue {
        let member = ridge.member
        var object = JSONObject([
            ("depth", .integer(candidate.depth)), ("nonlinearity", candidate.nonlinearity), ("weight_std", .double(candidate.weightStd)),
            ("bias_std", .double(candidate.biasStd)), (member.name, member.value), ("score", .finite(scores.map(value))),
            ("log_marginal_likelihood", .finite(scores?.logMarginalLikelihood)), ("held_out_error", .finite(scores?.heldOutError)),
        ])
        if task == .classification { object["held_out_accuracy"] = .finite(scores?.heldOutAccuracy) }
        return .object(object)
    }
}

/// A grid without a single kernel that could be inverted.
private struct SingularGrid: NumericalFailure {
    let kernel: SingularKernel
    let combinations: Int

    private var whole: DynamicsError { .notPositiveDefinite(kernel) }
    var code: JobErrorCode { whole.code }
    var title: String { whole.title }
    var members: [(name: String, value: JSONValue)] { whole.members }
    var detail: String {
        "None of the grid's \(combinations) combinations has an inverse, so none has a score. Of the nearest the \(kernel.order) rows have eigenvalues from \(kernel.lambdaMax) down to \(kernel.lambdaMin), which rounding cannot tell from zero; rows that are equal or nearly so do this. Drop them, or send \"ridge_absolute\": [\(kernel.helpfulRidge)] in the grid."
    }
}
