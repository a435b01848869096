import CTangentSIMD
import LinearAlgebra

/// The precisions a kernel is computed in, `Double` and `Float`: the bridge to the C loops of each.
public protocol KernelScalar: BLASScalar {
    typealias Source = UnsafePointer<Self>
    typealias Target = UnsafeMutablePointer<Self>

    // Each is the C loop of the same name in `CTangentSIMD.h`, where its arguments are described.
    static func run(
        _ loop: PairLoop, constants: Source, row: Source, columns: Source, stride: Int, count: Int, fold: Target,
        tangent: Target?)
    static func normalise(_ x: Source, count: Int, unit: Target, deviation: inout Double) -> Int
    static func foldCosines(_ cosines: Source, count: Int, fold: Target) -> Self
    static func nearChord(_ u: Source, _ v: Source, count: Int) -> Self
    static func farChord(_ u: Source, _ v: Source, count: Int) -> Self
    static func covariance(row: Self, columns: Source, count: Int, fold: Source, into out: Target)
    static func scaled(row: Self, columns: Source, count: Int, tangent: Source, into out: Target)
    static func cosine(row: Self, columns: Source, count: Int, fold: Source, into out: Target)
    static func angle(row: Self, columns: Source, count: Int, fold: Source, into out: Target)
    static func distance(row: Self, columns: Source, count: Int, fold: Source, into out: Target)
    static func foldScaled(row: Self, columns: Source, count: Int, tangent: Source, into fold: Target)
    static func joinTerm(
        share: Self, shares: Source, count: Int, fold: Source, tangent: Source?, near: Target, far: Target, tangentSum: Target?)
    static func joinEnd(near: Source, far: Source, count: Int, fold: Target)
    static func joinProduct(fold other: Source, tangent otherTangent: Source?, count: Int, into fold: Target, tangent: Target?)
    static func transpose(_ source: Source, stride: Int, rows: Int, columns: Int, into target: Target, stride: Int)
    static func place(_ source: Source, stride: Int, rows: Int, columns: Int, into target: Target, stride: Int)
    static func mirror(_ block: Target, stride: Int, count: Int)

    /// Below this half chord the Gram product has lost too many digits, and the difference of the rows is taken instead.
    static var directChord: Self { get }
}

extension Double: KernelScalar {
    public static var directChord: Double { 0.005 }

    public static func run(
        _ loop: PairLoop, constants: Source, row: Source, columns: Source, stride: Int, count: Int, fold: Target,
        tangent: Target?
    ) {
        loop.double(constants, row, columns, stride, count, fold, tangent)
    }
    public static func normalise(_ x: Source, count: Int, unit: Target, deviation: inout Double) -> Int {
        tangent_normalise_f64(x, count, unit, &deviation)
    }
    public static func foldCosines(_ cosines: Source, count: Int, fold: Target) -> Double {
        tangent_fold_cosines_f64(cosines, count, fold)
    }
    public static func nearChord(_ u: Source, _ v: Source, count: Int) -> Double { tangent_near_chord_f64(u, v, count) }
    public static func farChord(_ u: Source, _ v: Source, count: Int) -> Double { tangent_far_chord_f64(u, v, count) }
    public static func covariance(row: Double, columns: Source, count: Int, fold: Source, into out: Target) {
        tangent_covariance_f64(row, columns, count, fold, out)
    }
    public static func scaled(row: Double, columns: Source, count: Int, tangent: Source, into out: Target) {
        tangent_scaled_f64(row, columns, count, tangent, out)
    }
    public static func cosine(row: Double, columns: Source, count: Int, fold: Source, into out: Target) {
        tangent_cosine_f64(row, columns, count, fold, out)
    }
    public static func angle(row: Double, columns: Source, count: Int, fold: Source, into out: Target) {
        tangent_angle_f64(row, columns, count, fold, out)
    }
    public static func distance(row: Double, columns: Source, count: Int, fold: Source, into out: Target) {
        tangent_distance_f64(row, columns, count, fold, out)
    }
    public static func foldScaled(row: Double, columns: Source, count: Int, tangent: Source, into fold: Target) {
        tangent_fold_scaled_f64(row, columns, count, tangent, fold)
    }
    public static func transpose(
        _ source: Source, stride: Int, rows: Int, columns: Int, into target: Target, stride targetStride: Int
    ) {
        tangent_transpose_f64(source, stride, rows, columns, target, targetStride)
    }
    public static func place(
        _ source: Source, stride: Int, rows: Int, columns: Int, into target: Target, stride targetStride: Int
    ) {
        tangent_place_f64(source, stride, rows, columns, target, targetStride)
    }
    public static func joinTerm(
        share: Self, shares: Source, count: Int, fold: Source, tangent: Source?, near: Target, far: Target, tangentSum: Target?
    ) {
        tangent_join_term_f64(share, shares, count, fold, tangent, near, far, tangentSum)
    }
    public static func joinEnd(near: Source, far: Source, count: Int, fold: Target) {
        tangent_join_end_f64(near, far, count, fold)
    }
    public static func joinProduct(
        fold other: Source, tangent otherTangent: Source?, count: Int, into fold: Target, tangent: Target?
    ) {
        tangent_join_product_f64(other, otherTangent, count, fold, tangent)
    }
    public static func mirror(_ block: Target, stride: Int, count: Int) { tangent_mirror_f64(block, stride, count) }
}

extension Float: KernelScalar {
    public static var directChord: Float { 0.03 }

    public static func run(
        _ loop: PairLoop, constants: Source, row: Source, columns: Source, stride: Int, count: Int, fold: Target,
        tangent: Target?
    ) {
        loop.single(constants, row, columns, stride, count, fold, tangent)
    }
    public static func normalise(_ x: Source, count: Int, unit: Target, deviation: inout Double) -> Int {
        tangent_normalise_f32(x, count, unit, &deviation)
    }
    public static func foldCosines(_ cosines: Source, count: Int, fold: Target) -> Float {
        tangent_fold_cosines_f32(cosines, count, fold)
    }
    public static func nearChord(_ u: Source, _ v: Source, count: Int) -> Float { tangent_near_chord_f32(u, v, count) }
    public static func farChord(_ u: Source, _ v: Source, count: Int) -> Float { tangent_far_chord_f32(u, v, count) }
    public static func covariance(row: Float, columns: Source, count: Int, fold: Source, into out: Target) {
        tangent_covariance_f32(row, columns, count, fold, out)
    }
    public static func scaled(row: Float, columns: Source, count: Int, tangent: Source, into out: Target) {
        tangent_scaled_f32(row, columns, count, tangent, out)
    }
    public static func cosine(row: Float, columns: Source, count: Int, fold: Source, into out: Target) {
        tangent_cosine_f32(row, columns, count, fold, out)
    }
    public static func angle(row: Float, columns: Source, count: Int, fold: Source, into out: Target) {
        tangent_angle_f32(row, columns, count, fold, out)
    }
    public static func distance(row: Float, columns: Source, count: Int, fold: Source, into out: Target) {
        tangent_distance_f32(row, columns, count, fold, out)
    }
    public static func foldScaled(row: Float, columns: Source, count: Int, tangent: Source, into fold: Target) {
        tangent_fold_scaled_f32(row, columns, count, tangent, fold)
    }
    public static func transpose(
        _ source: Source, stride: Int, rows: Int, columns: Int, into target: Target, stride targetStride: Int
    ) {
        tangent_transpose_f32(source, stride, rows, columns, target, targetStride)
    }
    public static func place(
        _ source: Source, stride: Int, rows: Int, columns: Int, into target: Target, stride targetStride: Int
    ) {
        tangent_place_f32(source, stride, rows, columns, target, targetStride)
    }
    public static func joinTerm(
        share: Self, shares: Source, count: Int, fold: Source, tangent: Source?, near: Target, far: Target, tangentSum: Target?
    ) {
        tangent_join_term_f32(share, shares, count, fold, tangent, near, far, tangentSum)
    }
    public static func joinEnd(near: Source, far: Source, count: Int, fold: Target) {
        tangent_join_end_f32(near, far, count, fold)
    }
    public static func joinProduct(
        fold other: Source, tangent otherTangent: Source?, count: Int, into fold: Target, tangent: Target?
    ) {
        tangent_join_product_f32(other, otherTangent, count, fold, tangent)
    }
    public static func mirror(_ block: Target, stride: Int, count: Int) { tangent_mirror_f32(block, stride, count) }
}
