import Dynamics
import JSON
import Jobs

extension PhaseRequest {
    /// What arrays hold where there is no number: every quantity is at least 0 where it exists.
    static let absent = -1.0

    func compute(_ context: JobContext) throws -> ComputationOutput {
        let (weights, biases) = (weightStd.values, biasStd.values)
        let diagram: PhaseDiagram
        do throws(DynamicsError) {
            diagram = try PhaseDiagram(
                of: nonlinearity, weightStds: weights, biasStds: biases, threads: context.threads,
                progress: { context.progress(completed: $0, total: $1, unit: "points", message: "") }, isCancelled: { context.isCancelled })
        } catch { throw CancellationError() }
        var output = ComputationOutput()
        output.members["phase"] = .array(
            weights.indices.map { w in .strings(biases.indices.map { diagram.points[w * biases.count + $0].phase.rawValue }) })
        output.members["critical"] = .array(zip(biases, diagram.critical).map(critical))
        output.members["absent"] = .double(Self.absent)
        output.metrics = JSONObject(
            PhasePoint.Phase.allCases.map { phase in (phase.rawValue, .integer(diagram.points.count { $0.phase == phase })) })
        func add(_ name: String, _ shape: [Int], _ values: [Double?]) throws {
            output.arrays.append(try ResultArray(name, shape: shape, values.map { $0 ?? Self.absent }, blobs: context.blobs))
        }
        try add("weight_std", [weights.count], weights)
        try add("bias_std", [biases.count], biases)
        let quantities: [(String, (PhasePoint) -> Double?)] = [
            ("q", \.variance), ("c", \.correlation), ("chi_1", \.chiOne), ("chi", \.chi), ("depth_scale_q", \.varianceDepth),
            ("depth_scale_c", \.correlationDepth), ("phase_code", { Double(Self.code(of: $0.phase)) }),
        ]
        for (name, value) in quantities { try add(name, [weights.count, biases.count], diagram.points.map(value)) }
        try add("critical_weight_std", [biases.count], diagram.critical.map { try? $0.get().weightStd })
        return output
    }

    /// The phase as a number, for arrays.
    static func code(of phase: PhasePoint.Phase) -> Int {
        switch phase {
        case .ordered: 0
        case .critical: 1
        case .chaotic: 2
        case .unbounded: 3
        }
    }

    private func critical(_ biasStd: Double, _ found: Result<CriticalPoint, CriticalPoint.Absence>) -> JSONValue {
        var members = JSONObject([("bias_std", .double(biasStd))])
        switch found {
        case .success(let point):
            members["weight_std"] = .double(point.weightStd)
            members["q"] = .double(point.variance)
        case .failure(let absence):
            members["weight_std"] = .null
            members["q"] = .null
            members["reason"] = .string(absence.reason)
        }
        return .object(members)
    }
}

extension CriticalPoint.Absence {
    fileprivate var reason: String {
        switch self {
        case .none: "At no weight_std is chi_1 = 1 at a fixed variance q from 0 to \(Int(CriticalPoint.largestVariance))."
        case .unreachable: "Where chi_1 = 1, inputs of unit variance do not tend to that fixed variance: it is unstable, or another lies nearer."
        case .discontinuous: "The nonlinearity jumps, so chi_1 is infinite at every weight_std above 0."
        }
    }
}
