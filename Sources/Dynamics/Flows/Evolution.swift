import Foundation

/// How far one eigenmode has come: its residual is `decay` times the first, and `gain` = (1 − decay)/λ is what outputs at
/// other inputs take from it. The gain stays finite where λ is zero.
public struct ModeResponse: Sendable, Equatable {
    public var decay: Double
    public var gain: Double

    public init(decay: Double, gain: Double) {
        self.decay = decay
        self.gain = gain
    }
}

/// Training of a model that is linear in its weights, by a squared loss with ∂L/∂f = c (f − y): each eigenmode λ of the
/// kernel moves on its own. Times count steps of the learning rate η; `rate` is c η.
public enum Evolution: Sendable, Equatable {
    /// r' = −rate λ r.
    case gradientFlow(rate: Double)
    /// r'' = −rate λ r − (1 − momentum) r': the heavy ball with its steps taken to zero.
    case momentumFlow(rate: Double, momentum: Double)
    /// v ← momentum v − rate λ r, r ← r + v, exactly, at whole steps (a time between is rounded down).
    case gradientDescent(rate: Double, momentum: Double)

    /// - Parameter time: At least 0; `infinity` is the limit.
    /// - Returns: nil where the mode grows without bound.
    public func response(eigenvalue: Double, time: Double) -> ModeResponse? {
        guard time > 0 else { return ModeResponse(decay: 1, gain: 0) }
        if time == .infinity { return limit(eigenvalue) }
        let response =
            switch self {
            case .gradientFlow(let rate):
                ModeResponse(decay: exp(-eigenvalue * rate * time), gain: rate * time * Self.phi1(-eigenvalue * rate * time))
            case .momentumFlow(let rate, let momentum):
                // The state is (gain, its speed); the homogeneous part moves the residual alike.
                Self.response(
                    Companion(b11: 0, b12: 1, b21: -rate * eigenvalue, b22: -(1 - momentum), c1: 0, c2: rate).flow(time))
            case .gradientDescent(let rate, let momentum):
                Self.response(
                    Companion(
                        b11: 1 - rate * eigenvalue, b12: momentum, b21: -rate * eigenvalue, b22: momentum, c1: rate, c2: rate
                    ).power(Self.steps(time)))
            }
        return response.decay.isFinite && response.gain.isFinite ? response : nil
    }

    /// (e^z − 1)/z, and its limit 1 at zero.
    static func phi1(_ z: Double) -> Double {
        // Below 1e-8 the series 1 + z/2 + ... is exact to rounding after two terms.
        abs(z) < 1e-8 ? 1 + z / 2 : expm1(z) / z
    }

    /// Whole steps up to a time; beyond Int's range they no longer matter.
    static func steps(_ time: Double) -> Int { Int(min(time.rounded(.down), 1e18)) }

    private static func response(_ map: Companion) -> ModeResponse { ModeResponse(decay: map.b11, gain: map.c1) }

    private func limit(_ eigenvalue: Double) -> ModeResponse? {
        if eigenvalue == 0 { return nil }
        switch self {
        case .gradientFlow, .momentumFlow:
            return eigenvalue > 0 ? ModeResponse(decay: 0, gain: 1 / eigenvalue) : nil
        case .gradientDescent(let rate, let momentum):
            return eigenvalue > 0 && rate * eigenvalue < 2 * (1 + momentum) ? ModeResponse(decay: 0, gain: 1 / eigenvalue) : nil
        }
    }
}
