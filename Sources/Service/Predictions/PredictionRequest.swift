import Dynamics
import Foundation
import InfiniteNetworks
import JSON
import LinearAlgebra

/// What `POST /predictions` asks for, checked.
struct PredictionRequest: JobRequest {
    static let endpoints = [JobEndpoint(path: "/predictions", kind: "predictions")]

    enum Inclusion: String, Sendable, CaseIterable { case leaveOneOut = "leave_one_out", confusion, spectrum }

    let data: PredictionData
    let kinds: [KernelKind]
    let times: [Double]
    let learningRate: Double
    let loss: SquaredLoss
    let ridge: Ridge
    let covariance: PredictionProblem.Covariance
    let include: [Inclusion]
    var solver: PredictionSolver
    /// Of the conjugate gradients' relative residual.
    let tolerance: Double

    /// Whether conjugate gradients answer.
    var isIterative: Bool { solver == .conjugateGradients }

    /// Whether they could.
    private var canIterate: Bool { Self.canIterate(times, covariance, include) }

    private static func canIterate(_ times: [Double], _ covariance: PredictionProblem.Covariance, _ include: [Inclusion]) -> Bool {
        times.allSatisfy { $0 == .infinity } && covariance == .none && Set(include).isSubset(of: [.confusion])
    }

    /// With `auto`, a factor where it fits.
    func fitted(memoryLimit: Int, threads: Int) -> Self {
        guard solver == .auto else { return self }
        var result = self
        result.solver = .cholesky
        if canIterate, result.forecast(threads: threads).peakBytes > memoryLimit { result.solver = .conjugateGradients }
        return result
    }

    /// The covariance of an ensemble trained with its NTK starts from the NNGP.
    var neededKinds: [KernelKind] {
        kinds.contains(.ntk) && covariance != .none && !kinds.contains(.nngp) ? [.nngp] + kinds : kinds
    }

    init?(_ reader: RequestReader) throws {
        let members = reader.members
        let toldKinds = members.choices("kinds", of: KernelKind.self, count: 1...)
        kinds = toldKinds ?? [.nngp, .ntk]
        times = members.times("times", default: [.infinity])
        learningRate = members.number("learning_rate", in: .positive, default: 1)
        loss = members.choice("loss", of: SquaredLoss.self, default: .halfMean)
        ridge = Ridge(members)
        let single = members.has("initial")
        solver = members.choice("solver", of: PredictionSolver.self, default: .auto)
        tolerance = members.number("tolerance", in: .positive, default: 1e-6)
        // Variances are those of test inputs, and of kernels of jobs only where one is of the test inputs with themselves.
        let hasTest = PredictionData.hasTest(members)
        let lacksTestKernel = hasTest == false || members.value("kernel").map { $0["test_test"] == nil } ?? false
        // Where it cannot be read, nothing is held against what there is of a covariance.
        let means = single || solver == .conjugateGradients || lacksTestKernel || members.has("covariance")
        let covariance = members.choice("covariance", of: PredictionProblem.Covariance.self) ?? (means ? .none : .diagonal)
        include = members.choices("include", of: Inclusion.self) ?? []
        self.covariance = covariance
        let needed: [KernelKind] = kinds.contains(.ntk) && covariance != .none ? [.nngp, .ntk] : kinds
        let data = try PredictionData(reader, kinds: toldKinds == nil && members.has("kinds") ? nil : needed)
        reader.finish()
        let exactOnly = [Inclusion.leaveOneOut, .spectrum].contains { members.place(of: $0, in: "include") != nil }
        if solver == .conjugateGradients, exactOnly || !Self.canIterate(times, covariance, include) {
            members.fault(at: "solver", "Conjugate gradients give means at the end of training; leave times, covariance, \"leave_one_out\" and \"spectrum\" out, or use \"cholesky\".")
        }
        if single, covariance != .none {
            members.fault(at: "covariance", "With \"initial\" the prediction is of one network and has no variance; leave covariance out.")
        }
        if single, members.place(of: Inclusion.leaveOneOut, in: "include") != nil {
            members.fault(at: "include", "Leave-one-out predictions are of the ensemble; leave \"initial\" out.")
        }
        if members.place(of: Inclusion.confusion, in: "include") != nil, members.meansRegression {
            members.fault(at: "include", "A confusion matrix is of classes; set \"task\" to \"classification\".")
        }
        if hasTest == false, covariance != .none {
            members.fault(at: "covariance", "There are no test inputs to predict; send some, or leave covariance out.")
        }
        if hasTest == true, members.has("kernel"), lacksTestKernel, members.has("covariance"), covariance != .none {
            members.fault(at: "covariance", "It needs the kernel of the test inputs with themselves; name its job in kernel.test_test, or set covariance to \"none\".")
        }
        guard reader.faults.isEmpty, let data else { return nil }
        self.data = data
    }

    var json: JSONValue {
        var object = JSONObject(data.json)
        object["kinds"] = .strings(kinds.map(\.rawValue))
        object["times"] = .times(times)
        object["learning_rate"] = .double(learningRate)
        object["loss"] = .string(loss.rawValue)
        let (name, value) = ridge.member
        object[name] = value
        object["covariance"] = .string(covariance.rawValue)
        object["include"] = .strings(include.map(\.rawValue))
        object["solver"] = .string(solver.rawValue)
        object["tolerance"] = .double(tolerance)
        return .object(object)
    }

    var size: (count: Int, name: String) { (data.rows, "rows") }
    var advice: String? {
        if covariance == .full { return "set covariance to \"diagonal\"" }
        return isIterative || canIterate
            ? nil : "ask for means at the end of training alone (covariance \"none\", no times, no include), which conjugate gradients give in little memory"
    }

    func forecast(size n: Int, threads: Int) -> Forecast {
        let (m, k) = (data.testRows, data.outputs)
        if isIterative { return iterativeForecast(rows: n, threads: threads) }
        let finite = times.contains { $0.isFinite }
        let matrix = Forecast.product(n, n, 8)
        // Kernels; with eigenvectors also LAPACK's workspace of two matrices, or the prior in their basis.
        let matrices = Forecast.product(neededKinds.count + (finite || include.contains(.leaveOneOut) ? 2 : 0), matrix)
        let cross = Forecast.product(m, n, 8, 2 * neededKinds.count + 2)
        let own = covariance == .full ? Forecast.product(m, m, 8, neededKinds.count + 2) : 0
        let series = Forecast.product(times.count, Forecast.sum(n, m), k, 8, kinds.count)
        let covariances = covariance == .full ? Forecast.product(times.count, m, m, 8, kinds.count) : Forecast.product(times.count, m, 8, kinds.count)
        let inputs = Forecast.product(Forecast.sum(n, m), Forecast.sum(data.xTrain?.rowLength ?? 0, 2 * k), 8)
        let factor = (finite ? 9.0 : 0.34) * pow(Double(n), 3) + 2 * Double(m) * Double(n) * Double(n)
        return Forecast(
            resultBytes: Forecast.sum(Forecast.product(2, series), covariances),
            peakBytes: Forecast.sum(
                Forecast.sum(Forecast.processBytes, matrices, cross, own), inputs, Forecast.product(4, series), covariances,
                Forecast.product(threads, 4 << 20)),
            operations: factor * Double(kinds.count))
    }
}

extension PredictionRequest {
    /// The inputs, the preconditioner with its copies, some vectors for each output, and strips of 256 rows.
    private func iterativeForecast(rows n: Int, threads: Int) -> Forecast {
        let (m, k) = (data.testRows, data.outputs)
        let results = Forecast.product(times.count, Forecast.sum(Forecast.product(2, n), m), k, 8, kinds.count)
        return Forecast(
            resultBytes: results,
            peakBytes: Forecast.sum(
                Forecast.sum(Forecast.processBytes, Forecast.product(Forecast.sum(n, m), data.xTrain?.rowLength ?? 0, 16), Forecast.product(n, 8, 3 * 200)),
                Forecast.product(Forecast.sum(n, m), k, 8, 12), Forecast.product(n, 8, 3 * 256), Forecast.product(3, results),
                Forecast.product(threads, 4 << 20)))
    }
}

extension Ridge {
    /// Of `ridge_relative` or `ridge_absolute`; none is a ridge of zero.
    init(_ members: ObjectReader) {
        let relative = members.number("ridge_relative", in: .nonNegative)
        let absolute = members.number("ridge_absolute", in: .nonNegative)
        if members.has("ridge_relative"), members.has("ridge_absolute") {
            members.fault(at: "ridge_absolute", "The ridge is relative to the mean of the kernel's diagonal or absolute; send one of the two.")
        }
        self = absolute.map { .absolute($0) } ?? .relative(relative ?? 0)
    }

    var member: (name: String, value: JSONValue) {
        switch self {
        case .relative(let value): ("ridge_relative", .double(value))
        case .absolute(let value): ("ridge_absolute", .double(value))
        }
    }
}
