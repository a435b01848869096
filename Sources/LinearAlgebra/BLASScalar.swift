import COpenBLAS

/// The two precisions BLAS computes in.
public protocol BLASScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable {
    /// C = A Bᵀ for row-major A [m, k], B [n, k] and C [m, n] (BLAS `gemm`; 2mnk operations).
    static func multiply(
        _ a: UnsafePointer<Self>, transposed b: UnsafePointer<Self>, into c: UnsafeMutablePointer<Self>,
        m: Int, n: Int, k: Int, strides: (a: Int, b: Int, c: Int))
}

extension Double: BLASScalar {
    public static func multiply(
        _ a: UnsafePointer<Double>, transposed b: UnsafePointer<Double>, into c: UnsafeMutablePointer<Double>,
        m: Int, n: Int, k: Int, strides: (a: Int, b: Int, c: Int)
    ) {
        cblas_dgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, blasint(m), blasint(n), blasint(k), 1, a, blasint(strides.a),
            b, blasint(strides.b), 0, c, blasint(strides.c))
    }
}

extension Float: BLASScalar {
    public static func multiply(
        _ a: UnsafePointer<Float>, transposed b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>,
        m: Int, n: Int, k: Int, strides: (a: Int, b: Int, c: Int)
    ) {
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, blasint(m), blasint(n), blasint(k), 1, a, blasint(strides.a),
            b, blasint(strides.b), 0, c, blasint(strides.c))
    }
}
