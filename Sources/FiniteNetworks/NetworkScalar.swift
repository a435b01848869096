import LinearAlgebra

/// The two precisions in which networks are computed: products by BLAS, other loops by `CTangentSIMD` or specialised Swift.
public protocol NetworkScalar: BLASScalar {
    /// C[m, n] = alpha op(A) op(B) + beta C, row-major and contiguous; a flag reads the stored matrix as its transpose.
    static func product(
        _ a: UnsafePointer<Self>, transposed ta: Bool, _ b: UnsafePointer<Self>, transposed tb: Bool,
        into c: UnsafeMutablePointer<Self>, m: Int, n: Int, k: Int, alpha: Self, beta: Self)

    /// z[r][j] += scale · bias[j]
    static func addBias(_ z: UnsafeMutablePointer<Self>, _ bias: UnsafePointer<Self>, scale: Self, rows: Int, columns: Int)
    /// The same, then a·min(z, 0) + b·max(z, 0).
    static func addBiasRectify(
        _ z: UnsafeMutablePointer<Self>, _ bias: UnsafePointer<Self>?, scale: Self, rows: Int, columns: Int, a: Self, b: Self)
    /// δ ·= b where out > 0 and a elsewhere.
    static func rectifierSlope(_ delta: UnsafeMutablePointer<Self>, _ out: UnsafePointer<Self>, a: Self, b: Self, count: Int)
    /// target = factor · source, or += where `adds`.
    static func multiply(
        _ source: UnsafePointer<Self>, _ factor: UnsafePointer<Self>, into target: UnsafeMutablePointer<Self>, adds: Bool, count: Int)
    /// sums[j] = scale · Σ_r δ[r][j], or += where `adds`.
    static func columnSums(
        _ delta: UnsafePointer<Self>, rows: Int, columns: Int, scale: Self, adds: Bool, into sums: UnsafeMutablePointer<Self>)
    /// v = momentum · v + g, w −= rate · v. Returns Σ (w − start)².
    static func descend(
        _ w: UnsafeMutablePointer<Self>, _ g: UnsafePointer<Self>, velocity: UnsafeMutablePointer<Self>?, start: UnsafePointer<Self>,
        rate: Self, momentum: Self, count: Int) -> Double
    /// A step of Adam, whose rate and epsilon hold the bias corrections. Returns Σ (w − start)².
    static func descendAdam(
        _ w: UnsafeMutablePointer<Self>, _ g: UnsafePointer<Self>, _ first: UnsafeMutablePointer<Self>,
        _ second: UnsafeMutablePointer<Self>, start: UnsafePointer<Self>, rate: Self, beta1: Self, beta2: Self, epsilon: Self,
        count: Int) -> Double
    /// Σ (w − start)², or Σ w².
    static func squaredDistance(_ w: UnsafePointer<Self>, _ start: UnsafePointer<Self>?, count: Int) -> Double
    /// z = scale · x w for a few rows, reading w once.
    static func fewForward(
        _ x: UnsafePointer<Self>, _ w: UnsafePointer<Self>, scale: Self, rows: Int, inputs: Int, outputs: Int,
        into z: UnsafeMutablePointer<Self>)
    /// Back through z = scale · x w and a step of gradient descent on w in one reading of it. Returns Σ (w − start)².
    static func fewDescend(
        _ x: UnsafePointer<Self>, _ delta: UnsafePointer<Self>, _ w: UnsafeMutablePointer<Self>, start: UnsafePointer<Self>,
        scale: Self, rate: Self, rows: Int, inputs: Int, outputs: Int, xDelta: UnsafeMutablePointer<Self>?, adds: Bool) -> Double
    /// Rows of a panel and columns of a group in packed products.
    static var panelRows: Int { get }
    static var groupColumns: Int { get }
    /// Packs X [rows, depth], X[r][k] = x[r · stride + k · depthStride], into panels of rows aligned to 64 bytes, the last filled up.
    static func packRows(
        _ x: UnsafePointer<Self>, rows: Int, depth: Int, stride: Int, depthStride: Int, into panels: UnsafeMutablePointer<Self>)
    /// Packs some rows of A [depth, columns] into groups of columns, the last filled up.
    static func packColumns(
        _ small: UnsafePointer<Self>, rows: Range<Int>, depth: Int, columns: Int, into groups: UnsafeMutablePointer<Self>)
    /// The rows of scale · X A [rows, columns] that belong to these panels.
    static func packedProduct(
        _ panels: UnsafePointer<Self>, _ range: Range<Int>, rows: Int, depth: Int, _ groups: UnsafePointer<Self>, columns: Int,
        scale: Self, into out: UnsafeMutablePointer<Self>)
    /// φ, φ' and φ'' (each only where wanted) of the elements of x.
    static func evaluate(
        _ function: ElementwiseFunction, _ x: UnsafePointer<Self>, value: UnsafeMutablePointer<Self>?,
        first: UnsafeMutablePointer<Self>?, second: UnsafeMutablePointer<Self>?, count: Int)
}
