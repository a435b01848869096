/// The loops of layers without parameters, over values [count, positions, channels].
enum Loops {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    static func copy<Scalar: NetworkScalar>(_ source: UnsafePointer<Scalar>, into target: UnsafeMutablePointer<Scalar>, count: Int) {
        target.update(from: source, count: count)
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    static func add<Scalar: NetworkScalar>(_ source: UnsafePointer<Scalar>, into target: UnsafeMutablePointer<Scalar>, count: Int) {
        for i in 0..<count { target[i] += source[i] }
    }

    /// target = source, or += where `adds`.
    static func put<Scalar: NetworkScalar>(
        _ source: UnsafePointer<Scalar>, into target: UnsafeMutablePointer<Scalar>, adds: Bool, count: Int
    ) {
        adds ? add(source, into: target, count: count) : copy(source, into: target, count: count)
    }

    /// Writes a matrix [rows, columns] into columns of a wider one.
    static func copyColumns<Scalar: NetworkScalar>(
        _ source: UnsafePointer<Scalar>, columns: Int, into target: UnsafeMutablePointer<Scalar>, stride: Int, rows: Int
    ) {
        for row in 0..<rows { copy(source + row * columns, into: target + row * stride, count: columns) }
    }

    /// Reads columns of a wider matrix: target = or += them.
    static func takeColumns<Scalar: NetworkScalar>(
        _ source: UnsafePointer<Scalar>, stride: Int, columns: Int, into target: UnsafeMutablePointer<Scalar>, adds: Bool, rows: Int
    ) {
        for row in 0..<rows { put(source + row * stride, into: target + row * columns, adds: adds, count: columns) }
    }

    /// The patches [count, outputs, taps, channels] that a filter sees, zeros outside the image.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    static func gather<Scalar: NetworkScalar>(
        _ source: UnsafePointer<Scalar>, _ window: PositionWindow, channels: Int, count: Int,
        into patches: UnsafeMutablePointer<Scalar>
    ) {
        var target = patches
        for example in 0..<count {
            let image = source + example * window.inputs * channels
            for place in window.sources {
                if place < 0 {
                    target.update(repeating: 0, count: channels)
                } else {
                    target.update(from: image + Int(place) * channels, count: channels)
                }
                target += channels
            }
        }
    }

    /// The adjoint of ``gather(_:_:channels:count:into:)``: adds each patch to where it came from.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    static func scatter<Scalar: NetworkScalar>(
        _ patches: UnsafePointer<Scalar>, _ window: PositionWindow, channels: Int, count: Int,
        into target: UnsafeMutablePointer<Scalar>
    ) {
        var source = patches
        for example in 0..<count {
            let image = target + example * window.inputs * channels
            for place in window.sources {
                if place >= 0 { add(source, into: image + Int(place) * channels, count: channels) }
                source += channels
            }
        }
    }

    /// target[o] = factor_o · Σ over the window of o.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    static func pool<Scalar: NetworkScalar>(
        _ source: UnsafePointer<Scalar>, _ window: PositionWindow, _ share: PoolShare, channels: Int, count: Int,
        into target: UnsafeMutablePointer<Scalar>
    ) {
        for example in 0..<count {
            let image = source + example * window.inputs * channels
            for output in 0..<window.outputs {
                let cell = target + (example * window.outputs + output) * channels
                cell.update(repeating: 0, count: channels)
                for tap in 0..<window.taps {
                    let place = Int(window.sources[output * window.taps + tap])
                    if place >= 0 { add(image + place * channels, into: cell, count: channels) }
                }
                let factor = Scalar(share.factor(window, output))
                for channel in 0..<channels { cell[channel] *= factor }
            }
        }
    }

    /// The adjoint of ``pool(_:_:_:channels:count:into:)``, added to `target`.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    static func spread<Scalar: NetworkScalar>(
        _ delta: UnsafePointer<Scalar>, _ window: PositionWindow, _ share: PoolShare, channels: Int, count: Int,
        into target: UnsafeMutablePointer<Scalar>
    ) {
        for example in 0..<count {
            let image = target + example * window.inputs * channels
            for output in 0..<window.outputs {
                let cell = delta + (example * window.outputs + output) * channels
                let factor = Scalar(share.factor(window, output))
                for tap in 0..<window.taps {
                    let place = Int(window.sources[output * window.taps + tap])
                    guard place >= 0 else { continue }
                    for channel in 0..<channels { image[place * channels + channel] += factor * cell[channel] }
                }
            }
        }
    }
}
