import CTangentSIMD

/// The bridge to the offset planes of each precision in C (`plane_engine.h`).
protocol PlaneScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable {
    associatedtype Layer
    associatedtype Maps
    associatedtype Stack

    static func layer(_ layer: PlaneLayer) -> Layer
    static func maps(
        variance: UnsafePointer<Self>, sums: UnsafePointer<Self>, deviation: UnsafePointer<Self>, inverse: UnsafePointer<Self>
    ) -> Maps
    /// - Parameter channels: of the images x and y; 0 where the planes begin with what a join made.
    static func stack(
        _ extents: PlaneExtents, channels: Int, instructions: UnsafePointer<Int32>, count: Int, layers: UnsafePointer<Layer>,
        left: UnsafePointer<Maps>, right: UnsafePointer<Maps>, x: UnsafePointer<Self>, y: UnsafePointer<Self>, scale: Double,
        withTangent: Bool, scratch: UnsafeMutablePointer<Self>
    ) -> Stack
    static func begin(_ stack: inout Stack, distance: UnsafePointer<Self>, tangent: UnsafePointer<Self>)
    /// The sums over the plane after the stack.
    static func run(_ stack: inout Stack, dy: Int, dx: Int) -> (distance: Double, tangent: Double)
    /// The same of all planes of a row offset; the stack's scratch is a slab's.
    static func runSlab(_ stack: inout Stack, dy: Int) -> (distance: Double, tangent: Double)
    /// Elements of scratch of a slab.
    static func slabSize(_ extents: PlaneExtents) -> Int
    /// The same as `run`, without the sums.
    static func advance(_ stack: inout Stack, dy: Int, dx: Int)
    static func gather(_ stack: inout Stack, width: Int, _ rows: [tangent_plane_move], step: Int, height: Int)
    static func scatter(
        _ stack: inout Stack, width: Int, _ columns: [tangent_plane_move], step: Int, _ extents: PlaneExtents,
        into distance: UnsafeMutablePointer<Self>, _ tangent: UnsafeMutablePointer<Self>)
    static func rowSums(
        _ map: UnsafePointer<Self>, _ layer: PlaneLayer, into sums: UnsafeMutablePointer<Self>)
}

extension Double: PlaneScalar {
    typealias Layer = tangent_plane_layer_f64
    typealias Maps = tangent_plane_maps_f64
    typealias Stack = tangent_plane_stack_f64

    static func layer(_ layer: PlaneLayer) -> Layer {
        var result = Layer()
        (result.height, result.width) = (layer.input.height, layer.input.width)
        (result.taps, result.low, result.circular) = (layer.pairOfTaps, layer.pairOfLows, layer.isCircular)
        result.strides = layer.pairOfStrides
        (result.weight, result.own_scale, result.own_offset) = (layer.weight, layer.ownScale, layer.ownOffset)
        (result.rectified, result.gain, result.k) = (layer.rectifier != nil, layer.gain, layer.kink)
        result.near = layer.isNear
        tangent_plane_prepare_f64(&result)
        return result
    }

    static func maps(
        variance: UnsafePointer<Double>, sums: UnsafePointer<Double>, deviation: UnsafePointer<Double>, inverse: UnsafePointer<Double>
    ) -> Maps {
        Maps(variance: variance, sums: sums, deviation: deviation, inverse: inverse)
    }

    static func stack(
        _ extents: PlaneExtents, channels: Int, instructions: UnsafePointer<Int32>, count: Int, layers: UnsafePointer<Layer>,
        left: UnsafePointer<Maps>, right: UnsafePointer<Maps>, x: UnsafePointer<Double>, y: UnsafePointer<Double>, scale: Double,
        withTangent: Bool, scratch: UnsafeMutablePointer<Double>
    ) -> Stack {
        Stack(
            height: extents.height, width: extents.width, channels: channels, instructions: count, instruction: instructions,
            layer: layers, left: left, right: right, x: x, y: y, scale: scale, distance: nil, tangent: nil,
            with_tangent: withTangent, scratch: scratch)
    }

    static func begin(_ stack: inout Stack, distance: UnsafePointer<Double>, tangent: UnsafePointer<Double>) {
        (stack.distance, stack.tangent) = (distance, tangent)
    }

    static func run(_ stack: inout Stack, dy: Int, dx: Int) -> (distance: Double, tangent: Double) {
        var sums = (distance: 0.0, tangent: 0.0)
        tangent_plane_run_f64(&stack, dy, dx, &sums.distance, &sums.tangent)
        return sums
    }

    static func runSlab(_ stack: inout Stack, dy: Int) -> (distance: Double, tangent: Double) {
        var sums = (distance: 0.0, tangent: 0.0)
        tangent_slab_run_f64(&stack, dy, &sums.distance, &sums.tangent)
        return sums
    }

    static func slabSize(_ extents: PlaneExtents) -> Int { tangent_slab_scratch_f64(extents.height, extents.width) }

    static func advance(_ stack: inout Stack, dy: Int, dx: Int) { tangent_plane_run_f64(&stack, dy, dx, nil, nil) }

    static func gather(_ stack: inout Stack, width: Int, _ rows: [tangent_plane_move], step: Int, height: Int) {
        rows.withUnsafeBufferPointer {
            let moves = tangent_plane_moves(runs: $0.count, step: step, run: $0.baseAddress)
            tangent_plane_gather_f64(&stack, width, moves, height)
        }
    }

    static func scatter(
        _ stack: inout Stack, width: Int, _ columns: [tangent_plane_move], step: Int, _ extents: PlaneExtents,
        into distance: UnsafeMutablePointer<Double>, _ tangent: UnsafeMutablePointer<Double>
    ) {
        columns.withUnsafeBufferPointer {
            let moves = tangent_plane_moves(runs: $0.count, step: step, run: $0.baseAddress)
            tangent_plane_scatter_f64(&stack, width, moves, extents.height, extents.width, distance, tangent)
        }
    }

    static func rowSums(_ map: UnsafePointer<Double>, _ layer: PlaneLayer, into sums: UnsafeMutablePointer<Double>) {
        tangent_plane_row_sums_f64(
            map, layer.input.height, layer.input.width, layer.taps[1], layer.lows[1], layer.isCircular, sums)
    }
}

extension Float: PlaneScalar {
    typealias Layer = tangent_plane_layer_f32
    typealias Maps = tangent_plane_maps_f32
    typealias Stack = tangent_plane_stack_f32

    static func layer(_ layer: PlaneLayer) -> Layer {
        var result = Layer()
        (result.height, result.width) = (layer.input.height, layer.input.width)
        (result.taps, result.low, result.circular) = (layer.pairOfTaps, layer.pairOfLows, layer.isCircular)
        result.strides = layer.pairOfStrides
        (result.weight, result.own_scale) = (Float(layer.weight), Float(layer.ownScale))
        result.own_offset = Float(layer.ownOffset)
        (result.rectified, result.gain, result.k) = (layer.rectifier != nil, Float(layer.gain), Float(layer.kink))
        result.near = layer.isNear
        tangent_plane_prepare_f32(&result)
        return result
    }

    static func maps(
        variance: UnsafePointer<Float>, sums: UnsafePointer<Float>, deviation: UnsafePointer<Float>, inverse: UnsafePointer<Float>
    ) -> Maps {
        Maps(variance: variance, sums: sums, deviation: deviation, inverse: inverse)
    }

    static func stack(
        _ extents: PlaneExtents, channels: Int, instructions: UnsafePointer<Int32>, count: Int, layers: UnsafePointer<Layer>,
        left: UnsafePointer<Maps>, right: UnsafePointer<Maps>, x: UnsafePointer<Float>, y: UnsafePointer<Float>, scale: Double,
        withTangent: Bool, scratch: UnsafeMutablePointer<Float>
    ) -> Stack {
        Stack(
            height: extents.height, width: extents.width, channels: channels, instructions: count, instruction: instructions,
            layer: layers, left: left, right: right, x: x, y: y, scale: Float(scale), distance: nil, tangent: nil,
            with_tangent: withTangent, scratch: scratch)
    }

    static func begin(_ stack: inout Stack, distance: UnsafePointer<Float>, tangent: UnsafePointer<Float>) {
        (stack.distance, stack.tangent) = (distance, tangent)
    }

    static func run(_ stack: inout Stack, dy: Int, dx: Int) -> (distance: Double, tangent: Double) {
        var sums = (distance: 0.0, tangent: 0.0)
        tangent_plane_run_f32(&stack, dy, dx, &sums.distance, &sums.tangent)
        return sums
    }

    static func runSlab(_ stack: inout Stack, dy: Int) -> (distance: Double, tangent: Double) {
        var sums = (distance: 0.0, tangent: 0.0)
        tangent_slab_run_f32(&stack, dy, &sums.distance, &sums.tangent)
        return sums
    }

    static func slabSize(_ extents: PlaneExtents) -> Int { tangent_slab_scratch_f32(extents.height, extents.width) }

    static func advance(_ stack: inout Stack, dy: Int, dx: Int) { tangent_plane_run_f32(&stack, dy, dx, nil, nil) }

    static func gather(_ stack: inout Stack, width: Int, _ rows: [tangent_plane_move], step: Int, height: Int) {
        rows.withUnsafeBufferPointer {
            let moves = tangent_plane_moves(runs: $0.count, step: step, run: $0.baseAddress)
            tangent_plane_gather_f32(&stack, width, moves, height)
        }
    }

    static func scatter(
        _ stack: inout Stack, width: Int, _ columns: [tangent_plane_move], step: Int, _ extents: PlaneExtents,
        into distance: UnsafeMutablePointer<Float>, _ tangent: UnsafeMutablePointer<Float>
    ) {
        columns.withUnsafeBufferPointer {
            let moves = tangent_plane_moves(runs: $0.count, step: step, run: $0.baseAddress)
            tangent_plane_scatter_f32(&stack, width, moves, extents.height, extents.width, distance, tangent)
        }
    }

    static func rowSums(_ map: UnsafePointer<Float>, _ layer: PlaneLayer, into sums: UnsafeMutablePointer<Float>) {
        tangent_plane_row_sums_f32(
            map, layer.input.height, layer.input.width, layer.taps[1], layer.lows[1], layer.isCircular, sums)
    }
}
