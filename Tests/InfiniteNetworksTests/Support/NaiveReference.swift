import Architectures
import Foundation
@testable import InfiniteNetworks

/// The textbook recursion in covariances p, q, c, pair by pair: an independent, slow and plain second computation.
struct NaiveReference {
    var p: Double
    var q: Double
    var c: Double
    var theta = 0.0
    /// The width of the next layer's input, for the standard parameterisation.
    var fanIn: Int
    /// NNGP and NTK after each layer.
    var slices: [(nngp: Double, ntk: Double)] = []

    init(_ architecture: Architecture, _ x: [Double], _ y: [Double]) {
        func dot(_ u: [Double], _ v: [Double]) -> Double { zip(u, v).reduce(0) { $0 + $1.0 * $1.1 } / Double(u.count) }
        (p, q, c) = (dot(x, x), dot(y, y), dot(x, y))
        fanIn = x.count
        run(architecture.layers, architecture.parameterization)
    }

    private mutating func run(_ layers: [Layer], _ parameterization: Parameterization) {
        for layer in layers {
            switch layer.kind {
            case .serial(let inner): run(inner, parameterization)
            case .repeat(let times, let inner): for _ in 0..<times { run(inner, parameterization) }
            default:
                apply(layer.kind, parameterization)
                slices.append((c, theta))
            }
        }
    }

    private mutating func apply(_ kind: LayerKind, _ parameterization: Parameterization) {
        switch kind {
        case .dense(let dense):
            let (w, b) = (dense.scales.weightStd * dense.scales.weightStd, dense.scales.biasStd * dense.scales.biasStd)
            let own = parameterization == .ntk ? w * c + b : Double(fanIn) * c + (b > 0 ? 1 : 0)
            theta = (dense.scales.trainable ? own : 0) + w * theta
            (p, q, c) = (w * p + b, w * q + b, w * c + b)
            fanIn = dense.width ?? fanIn
        case .nonlinearity(let nonlinearity):
            let (kappa, slope) = dual(nonlinearity, p, q, c)
            theta *= slope
            (p, q, c) = (dual(nonlinearity, p, p, p).0, dual(nonlinearity, q, q, q).0, kappa)
        case .layerNorm(let norm):
            let scale = ((norm.epsilon + p) * (norm.epsilon + q)).squareRoot()
            (p, q, c, theta) = (p / (norm.epsilon + p), q / (norm.epsilon + q), c / scale, theta / scale)
        case .parallel(let branches, let combine):
            let ends = branches.map { branch in
                var copy = self
                copy.run(branch, parameterization)
                return copy
            }
            join(ends, combine)
        default: break
        }
    }

    private mutating func join(_ ends: [NaiveReference], _ combine: Combination) {
        let total = Double(ends.reduce(0) { $0 + $1.fanIn })
        func mean(_ value: (NaiveReference) -> Double) -> Double {
            ends.reduce(0) { $0 + value($1) * (combine == .concat ? Double($1.fanIn) / total : 1) }
        }
        if combine == .product {
            theta = ends.indices.reduce(0) { sum, own in
                sum + ends.indices.reduce(1) { $0 * ($1 == own ? ends[$1].theta : ends[$1].c) }
            }
            (p, q, c) = ends.reduce((1, 1, 1)) { ($0.0 * $1.p, $0.1 * $1.q, $0.2 * $1.c) }
        } else {
            (p, q, c, theta) = (mean(\.p), mean(\.q), mean(\.c), mean(\.theta))
            if combine == .concat { fanIn = Int(total) }
        }
        if combine != .concat, let last = ends.last { fanIn = last.fanIn }
    }
}

/// κ and κ̇ of a Gaussian pair with variances p and q and covariance c.
func dual(_ nonlinearity: Nonlinearity, _ p: Double, _ q: Double, _ c: Double) -> (Double, Double) {
    switch nonlinearity {
    case .abRelu(let a, let b):
        let area = max(p * q - c * c, 0).squareRoot()
        let angle = area == 0 && c == 0 ? Double.pi / 2 : atan2(area, c)
        let slope = (a * a + b * b) / 2 - (a - b) * (a - b) * angle / (2 * .pi)
        return ((a - b) * (a - b) / (2 * .pi) * area + slope * c, slope)
    case .erf(let a, let b, let offset):
        let (bigP, bigQ, bigR) = (b * b * p, b * b * q, b * b * c)
        let root = ((1 + 2 * bigP) * (1 + 2 * bigQ) - 4 * bigR * bigR).squareRoot()
        return (a * a * 2 / .pi * atan2(2 * bigR, root) + offset * offset, 4 * a * a * b * b / (.pi * root))
    case .gelu:
        let d = (1 + p) * (1 + q)
        let delta = (d - c * c).squareRoot()
        let turn = 0.25 + atan2(c, delta) / (2 * .pi)
        let kappa = c * turn + (c * c + p * q * delta * delta) / (2 * .pi * d * delta)
        return (kappa, turn + c / (2 * .pi * delta) * (1 / (delta * delta) + (1 - p * q) / d + 1))
    default:
        // The rest by the duals for one pair, which have integrals for a witness (`DualTests`).
        let moments = nonlinearity.dual.moments(p, q, min(c, (p * q).squareRoot()))
        return (moments.kappa, moments.kappaDot)
    }
}
