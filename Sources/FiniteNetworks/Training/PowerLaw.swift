import Foundation

/// The line through (log x, log y) by least squares: y ≈ e^intercept x^slope.
public struct PowerLaw: Sendable, Equatable {
    public let slope: Double
    public let intercept: Double
    /// The share of the variance of log y that the line explains; 1 where log y does not vary.
    public let r2: Double
    /// The slope's standard error from the residuals, √(RSS/(n − 2)/Sxx); nil for two points, which leave none.
    public let slopeStandardError: Double?

    /// - Returns: nil without two x of different logarithms, or where a value is not positive and finite.
    public init?(_ points: [(x: Double, y: Double)]) {
        guard points.allSatisfy({ $0.x > 0 && $0.y > 0 && $0.x.isFinite && $0.y.isFinite }), Set(points.map(\.x)).count > 1 else { return nil }
        let logs = points.map { (x: log($0.x), y: log($0.y)) }
        let n = Double(logs.count)
        let (centerX, centerY) = (logs.reduce(0) { $0 + $1.x } / n, logs.reduce(0) { $0 + $1.y } / n)
        let spread = logs.reduce(0) { $0 + ($1.x - centerX) * ($1.x - centerX) }
        // Neighbours among large numbers have the same logarithm.
        guard spread > 0 else { return nil }
        slope = logs.reduce(0) { $0 + ($1.x - centerX) * ($1.y - centerY) } / spread
        let offset = centerY - slope * centerX
        intercept = offset
        let steepness = slope
        let rest = logs.reduce(0) { sum, point in
            let residual = point.y - offset - steepness * point.x
            return sum + residual * residual
        }
        let total = logs.reduce(0) { $0 + ($1.y - centerY) * ($1.y - centerY) }
        r2 = total > 0 ? max(0, 1 - rest / total) : 1
        slopeStandardError = logs.count > 2 ? (rest / (n - 2) / spread).squareRoot() : nil
    }
}

extension [RunResult] {
    /// How the quantities of runs grow with the width: for each one the power law through the last values of all runs that
    /// did not diverge (of the linearised network: whose linearisation did not), in the order in which they are named. Quantities
    /// without two widths or with a value of zero have none.
    public var scaling: [(name: String, law: PowerLaw)] {
        // Of a cancelled training some runs are at their end and others on the way: no law holds of them together.
        guard !contains(where: { $0.stopReason == .cancelled }) else { return [] }
        let runs = filter { $0.stopReason != .diverged && $0.width != nil && !$0.records.steps.isEmpty }
        let linearized = runs.filter { $0.linearizedDivergedAtStep == nil }
        func law(_ name: String, of some: [RunResult]? = nil, _ value: (RunResult) -> Double?) -> (name: String, law: PowerLaw)? {
            let runs = some ?? runs
            let points = runs.compactMap { run in value(run).flatMap { y in run.width.map { (x: Double($0), y: y) } } }
            return points.count == runs.count ? PowerLaw(points).map { (name, $0) } : nil
        }
        let layers = runs.first.map { $0.records.layerDrift.count / $0.records.steps.count } ?? 0
        var laws = [
            law("weight_drift_relative") { $0.records.drift.last.map { [norm = $0.initialNorm] drift in drift / norm } },
            law("weight_drift_absolute") { $0.records.drift.last },
        ]
        for layer in 0..<layers {
            laws.append(law("weight_drift_layer_\(layer)") { $0.records.layerDrift.suffix(layers).dropFirst(layer).first })
        }
        laws += [
            law("initial_norm") { $0.initialNorm }, law("kernel_drift") { $0.records.kernelDrift.last },
            // An alignment goes to 1, so it is its distance from 1 that has a power law.
            law("kernel_misalignment") { $0.records.kernelAlignment.last.map { 1 - $0 } },
            law("linearized_output_rmse", of: linearized) { $0.records.linearRMSE.last },
            law("linearized_test_output_rmse", of: linearized) { $0.records.linearTestRMSE.last },
            law("linearized_predicted_relative_drift", of: linearized) { run in run.records.linearDrift.last.map { $0 / run.initialNorm } },
            law("path_kernel_relative_defect") { $0.pathKernel?.relativeDefect },
            law("lambda_max") { $0.lambdaMax }, law("learning_rate_max") { $0.learningRateMax }, law("kappa") { $0.kappa },
        ]
        return laws.compactMap { $0 }
    }
}
