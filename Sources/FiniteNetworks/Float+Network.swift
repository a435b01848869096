import COpenBLAS
import CTangentSIMD
import LinearAlgebra

extension Float: NetworkScalar {
    public static func product(
        _ a: UnsafePointer<Float>, transposed ta: Bool, _ b: UnsafePointer<Float>, transposed tb: Bool,
        into c: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int, alpha: Float, beta: Float
    ) {
        cblas_sgemm(
            CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k),
            alpha, a, blasint(ta ? m : k), b, blasint(tb ? k : n), beta, c, blasint(n))
    }

    public static func addBias(_ z: UnsafeMutablePointer<Float>, _ bias: UnsafePointer<Float>, scale: Float, rows: Int, columns: Int) {
        tangent_add_bias_f32(z, bias, scale, rows, columns)
    }

    public static func addBiasRectify(
        _ z: UnsafeMutablePointer<Float>, _ bias: UnsafePointer<Float>?, scale: Float, rows: Int, columns: Int, a: Float, b: Float
    ) {
        tangent_add_bias_rectify_f32(z, bias, scale, rows, columns, a, b)
    }

    public static func rectifierSlope(
        _ delta: UnsafeMutablePointer<Float>, _ out: UnsafePointer<Float>, a: Float, b: Float, count: Int
    ) {
        tangent_rectifier_slope_f32(delta, out, a, b, count)
    }

    public static func multiply(
        _ source: UnsafePointer<Float>, _ factor: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, adds: Bool, count: Int
    ) {
        tangent_multiply_f32(source, factor, target, adds, count)
    }

    public static func columnSums(
        _ delta: UnsafePointer<Float>, rows: Int, columns: Int, scale: Float, adds: Bool, into sums: UnsafeMutablePointer<Float>
    ) {
        tangent_column_sums_f32(delta, rows, columns, scale, adds, sums)
    }

    public static func descend(
        _ w: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>, velocity: UnsafeMutablePointer<Float>?, start: UnsafePointer<Float>,
        rate: Float, momentum: Float, count: Int
    ) -> Double {
        tangent_descend_f32(w, g, velocity, start, rate, momentum, count)
    }

    public static func descendAdam(
        _ w: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>, _ first: UnsafeMutablePointer<Float>,
        _ second: UnsafeMutablePointer<Float>, start: UnsafePointer<Float>, rate: Float, beta1: Float, beta2: Float, epsilon: Float, count: Int
    ) -> Double {
        tangent_descend_adam_f32(w, g, first, second, start, rate, beta1, beta2, epsilon, count)
    }

    public static func squaredDistance(_ w: UnsafePointer<Float>, _ start: UnsafePointer<Float>?, count: Int) -> Double {
        tangent_squared_distance_f32(w, start, count)
    }

    public static func fewForward(
        _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, scale: Float, rows: Int, inputs: Int, outputs: Int,
        into z: UnsafeMutablePointer<Float>
    ) {
        tangent_few_forward_f32(x, w, scale, rows, inputs, outputs, z)
    }

    public static func fewDescend(
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>, _ w: UnsafeMutablePointer<Float>, start: UnsafePointer<Float>,
        scale: Float, rate: Float, rows: Int, inputs: Int, outputs: Int, xDelta: UnsafeMutablePointer<Float>?, adds: Bool
    ) -> Double {
        tangent_few_descend_f32(x, delta, w, start, scale, rate, rows, inputs, outputs, xDelta, adds)
    }

    public static var panelRows: Int { tangent_panel_rows_f32() }
    public static var groupColumns: Int { tangent_group_columns_f32() }

    public static func packRows(
        _ x: UnsafePointer<Float>, rows: Int, depth: Int, stride: Int, depthStride: Int, into panels: UnsafeMutablePointer<Float>
    ) {
        tangent_pack_rows_f32(x, rows, depth, stride, depthStride, panels)
    }

    public static func packColumns(
        _ small: UnsafePointer<Float>, rows: Range<Int>, depth: Int, columns: Int, into groups: UnsafeMutablePointer<Float>
    ) {
        tangent_pack_columns_f32(small, rows.lowerBound, rows.upperBound, depth, columns, groups)
    }

    public static func packedProduct(
        _ panels: UnsafePointer<Float>, _ range: Range<Int>, rows: Int, depth: Int, _ groups: UnsafePointer<Float>, columns: Int,
        scale: Float, into out: UnsafeMutablePointer<Float>
    ) {
        tangent_packed_product_f32(panels, range.lowerBound, range.upperBound, rows, depth, groups, columns, scale, out)
    }

    public static func evaluate(
        _ function: ElementwiseFunction, _ x: UnsafePointer<Float>, value: UnsafeMutablePointer<Float>?,
        first: UnsafeMutablePointer<Float>?, second: UnsafeMutablePointer<Float>?, count: Int
    ) {
        function.run(x, value: value, first: first, second: second, count: count)
    }
}
