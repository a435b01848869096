import CTangentSIMD

/// The bridge to the offset planes of each precision in C (`plane_engine.h`).
protocol PlaneScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable {
    associatedtype Layer
    associatedtype Maps
    associatedtype Stack

    static func layer(_ layer: PlaneLayer) -> Layer
    static func maps(
        variance: UnsafePointer<Self>, sums: UnsafePointer<Self>, deviation: UnsafePointer<Self>
    ) -> Maps
    static func stack(
        _ shape: PlaneShape, layers: UnsafePointer<Layer>, left: UnsafePointer<Maps>, right: UnsafePointer<Maps>,
        x: UnsafePointer<Self>, y: UnsafePointer<Self>, withTangent: Bool, scratch: UnsafeMutablePointer<Self>
    ) -> Stack
    static func run(_ stack: inout Stack, dy: Int, dx: Int) -> (distance: Double, tangent: Double)
    static func rowSums(
        _ map: UnsafePointer<Self>, _ shape: PlaneShape, _ layer: PlaneLayer, into sums: UnsafeMutablePointer<Self>)
}

extension Double: PlaneScalar {
    typealias Layer = tangent_plane_layer_f64
    typealias Maps = tangent_plane_maps_f64
    typealias Stack = tangent_plane_stack_f64

    static func layer(_ layer: PlaneLayer) -> Layer {
        var result = Layer()
        (result.taps, result.low, result.circular) = (layer.pairOfTaps, layer.pairOfLows, layer.isCircular)
        (result.weight, result.own_scale, result.own_offset) = (layer.weight, layer.ownScale, layer.ownOffset)
        (result.rectified, result.gain, result.k) = (layer.rectifier != nil, layer.gain, layer.kink)
        tangent_plane_prepare_f64(&result)
        return result
    }

    static func maps(
        variance: UnsafePointer<Double>, sums: UnsafePointer<Double>, deviation: UnsafePointer<Double>
    ) -> Maps {
        Maps(variance: variance, sums: sums, deviation: deviation)
    }

    static func stack(
        _ shape: PlaneShape, layers: UnsafePointer<Layer>, left: UnsafePointer<Maps>, right: UnsafePointer<Maps>,
        x: UnsafePointer<Double>, y: UnsafePointer<Double>, withTangent: Bool, scratch: UnsafeMutablePointer<Double>
    ) -> Stack {
        Stack(
            height: shape.height, width: shape.width, channels: shape.channels, layers: shape.layers, layer: layers,
            left: left, right: right, x: x, y: y, scale: 1 / Double(shape.channels), with_tangent: withTangent,
            scratch: scratch)
    }

    static func run(_ stack: inout Stack, dy: Int, dx: Int) -> (distance: Double, tangent: Double) {
        var sums = (distance: 0.0, tangent: 0.0)
        tangent_plane_run_f64(&stack, dy, dx, &sums.distance, &sums.tangent)
        return sums
    }

    static func rowSums(
        _ map: UnsafePointer<Double>, _ shape: PlaneShape, _ layer: PlaneLayer, into sums: UnsafeMutablePointer<Double>
    ) {
        tangent_plane_row_sums_f64(map, shape.height, shape.width, layer.taps[1], layer.lows[1], layer.isCircular, sums)
    }
}

extension Float: PlaneScalar {
    typealias Layer = tangent_plane_layer_f32
    typealias Maps = tangent_plane_maps_f32
    typealias Stack = tangent_plane_stack_f32

    static func layer(_ layer: PlaneLayer) -> Layer {
        var result = Layer()
        (result.taps, result.low, result.circular) = (layer.pairOfTaps, layer.pairOfLows, layer.isCircular)
        (result.weight, result.own_scale) = (Float(layer.weight), Float(layer.ownScale))
        result.own_offset = Float(layer.ownOffset)
        (result.rectified, result.gain, result.k) = (layer.rectifier != nil, Float(layer.gain), Float(layer.kink))
        tangent_plane_prepare_f32(&result)
        return result
    }

    static func maps(
        variance: UnsafePointer<Float>, sums: UnsafePointer<Float>, deviation: UnsafePointer<Float>
    ) -> Maps {
        Maps(variance: variance, sums: sums, deviation: deviation)
    }

    static func stack(
        _ shape: PlaneShape, layers: UnsafePointer<Layer>, left: UnsafePointer<Maps>, right: UnsafePointer<Maps>,
        x: UnsafePointer<Float>, y: UnsafePointer<Float>, withTangent: Bool, scratch: UnsafeMutablePointer<Float>
    ) -> Stack {
        Stack(
            height: shape.height, width: shape.width, channels: shape.channels, layers: shape.layers, layer: layers,
            left: left, right: right, x: x, y: y, scale: 1 / Float(shape.channels), with_tangent: withTangent,
            scratch: scratch)
    }

    static func run(_ stack: inout Stack, dy: Int, dx: Int) -> (distance: Double, tangent: Double) {
        var sums = (distance: 0.0, tangent: 0.0)
        tangent_plane_run_f32(&stack, dy, dx, &sums.distance, &sums.tangent)
        return sums
    }

    static func rowSums(
        _ map: UnsafePointer<Float>, _ shape: PlaneShape, _ layer: PlaneLayer, into sums: UnsafeMutablePointer<Float>
    ) {
        tangent_plane_row_sums_f32(map, shape.height, shape.width, layer.taps[1], layer.lows[1], layer.isCircular, sums)
    }
}
