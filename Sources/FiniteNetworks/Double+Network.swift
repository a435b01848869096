import COpenBLAS
import CTangentSIMD
import LinearAlgebra

extension Double: NetworkScalar {
    public static func product(
        _ a: UnsafePointer<Double>, transposed ta: Bool, _ b: UnsafePointer<Double>, transposed tb: Bool,
        into c: UnsafeMutablePointer<Double>, m: Int, n: Int, k: Int, alpha: Double, beta: Double
    ) {
        cblas_dgemm(
            CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k),
            alpha, a, blasint(ta ? m : k), b, blasint(tb ? k : n), beta, c, blasint(n))
    }

    public static func addBias(_ z: UnsafeMutablePointer<Double>, _ bias: UnsafePointer<Double>, scale: Double, rows: Int, columns: Int) {
        tangent_add_bias_f64(z, bias, scale, rows, columns)
    }

    public static func addBiasRectify(
        _ z: UnsafeMutablePointer<Double>, _ bias: UnsafePointer<Double>?, scale: Double, rows: Int, columns: Int, a: Double, b: Double
    ) {
        tangent_add_bias_rectify_f64(z, bias, scale, rows, columns, a, b)
    }

    public static func rectifierSlope(
        _ delta: UnsafeMutablePointer<Double>, _ out: UnsafePointer<Double>, a: Double, b: Double, count: Int
    ) {
        tangent_rectifier_slope_f64(delta, out, a, b, count)
    }

    public static func multiply(
        _ source: UnsafePointer<Double>, _ factor: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, adds: Bool, count: Int
    ) {
        tangent_multiply_f64(source, factor, target, adds, count)
    }

    public static func columnSums(
        _ delta: UnsafePointer<Double>, rows: Int, columns: Int, scale: Double, adds: Bool, into sums: UnsafeMutablePointer<Double>
    ) {
        tangent_column_sums_f64(delta, rows, columns, scale, adds, sums)
    }

    public static func descend(
        _ w: UnsafeMutablePointer<Double>, _ g: UnsafePointer<Double>, velocity: UnsafeMutablePointer<Double>?, start: UnsafePointer<Double>,
        rate: Double, momentum: Double, count: Int
    ) -> Double {
        tangent_descend_f64(w, g, velocity, start, rate, momentum, count)
    }

    public static func descendAdam(
        _ w: UnsafeMutablePointer<Double>, _ g: UnsafePointer<Double>, _ first: UnsafeMutablePointer<Double>,
        _ second: UnsafeMutablePointer<Double>, start: UnsafePointer<Double>, rate: Double, beta1: Double, beta2: Double, epsilon: Double, count: Int
    ) -> Double {
        tangent_descend_adam_f64(w, g, first, second, start, rate, beta1, beta2, epsilon, count)
    }

    public static func squaredDistance(_ w: UnsafePointer<Double>, _ start: UnsafePointer<Double>?, count: Int) -> Double {
        tangent_squared_distance_f64(w, start, count)
    }

    public static func fewForward(
        _ x: UnsafePointer<Double>, _ w: UnsafePointer<Double>, scale: Double, rows: Int, inputs: Int, outputs: Int,
        into z: UnsafeMutablePointer<Double>
    ) {
        tangent_few_forward_f64(x, w, scale, rows, inputs, outputs, z)
    }

    public static func fewDescend(
        _ x: UnsafePointer<Double>, _ delta: UnsafePointer<Double>, _ w: UnsafeMutablePointer<Double>, start: UnsafePointer<Double>,
        scale: Double, rate: Double, rows: Int, inputs: Int, outputs: Int, xDelta: UnsafeMutablePointer<Double>?, adds: Bool
    ) -> Double {
        tangent_few_descend_f64(x, delta, w, start, scale, rate, rows, inputs, outputs, xDelta, adds)
    }

    public static var panelRows: Int { tangent_panel_rows_f64() }
    public static var groupColumns: Int { tangent_group_columns_f64() }

    public static func packRows(
        _ x: UnsafePointer<Double>, rows: Int, depth: Int, stride: Int, depthStride: Int, into panels: UnsafeMutablePointer<Double>
    ) {
        tangent_pack_rows_f64(x, rows, depth, stride, depthStride, panels)
    }

    public static func packColumns(
        _ small: UnsafePointer<Double>, rows: Range<Int>, depth: Int, columns: Int, into groups: UnsafeMutablePointer<Double>
    ) {
        tangent_pack_columns_f64(small, rows.lowerBound, rows.upperBound, depth, columns, groups)
    }

    public static func packedProduct(
        _ panels: UnsafePointer<Double>, _ range: Range<Int>, rows: Int, depth: Int, _ groups: UnsafePointer<Double>, columns: Int,
        scale: Double, into out: UnsafeMutablePointer<Double>
    ) {
        tangent_packed_product_f64(panels, range.lowerBound, range.upperBound, rows, depth, groups, columns, scale, out)
    }

    public static func evaluate(
        _ function: ElementwiseFunction, _ x: UnsafePointer<Double>, value: UnsafeMutablePointer<Double>?,
        first: UnsafeMutablePointer<Double>?, second: UnsafeMutablePointer<Double>?, count: Int
    ) {
        function.run(x, value: value, first: first, second: second, count: count)
    }
}
