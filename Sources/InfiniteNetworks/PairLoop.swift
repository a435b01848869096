import CTangentSIMD

/// A layer's inner loop in C, in both precisions (constants, row, columns, stride, count, fold, tangent; the state is
/// described in `CTangentSIMD.h`).
public struct PairLoop: Sendable {
    let double:
        @convention(c) @Sendable (
            UnsafePointer<Double>?, UnsafePointer<Double>?, UnsafePointer<Double>?, Int, Int,
            UnsafeMutablePointer<Double>?, UnsafeMutablePointer<Double>?
        ) -> Void
    let single:
        @convention(c) @Sendable (
            UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafePointer<Float>?, Int, Int,
            UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?
        ) -> Void

    static let denseNTK = PairLoop(double: tangent_dense_ntk_f64, single: tangent_dense_ntk_f32)
    static let denseStandard = PairLoop(double: tangent_dense_standard_f64, single: tangent_dense_standard_f32)
    static let denseFrozen = PairLoop(double: tangent_dense_frozen_f64, single: tangent_dense_frozen_f32)
    static let rectifier = PairLoop(double: tangent_rectifier_f64, single: tangent_rectifier_f32)
    static let errorFunction = PairLoop(double: tangent_error_function_f64, single: tangent_error_function_f32)
    static let gelu = PairLoop(double: tangent_gelu_f64, single: tangent_gelu_f32)
    static let sign = PairLoop(double: tangent_sign_f64, single: tangent_sign_f32)
    static let sinusoid = PairLoop(double: tangent_sinusoid_f64, single: tangent_sinusoid_f32)
    static let exponential = PairLoop(double: tangent_exponential_f64, single: tangent_exponential_f32)
    static let normalizedExponential = PairLoop(
        double: tangent_normalized_exponential_f64, single: tangent_normalized_exponential_f32)
    static let gaussian = PairLoop(double: tangent_gaussian_f64, single: tangent_gaussian_f32)
    static let gabor = PairLoop(double: tangent_gabor_f64, single: tangent_gabor_f32)
    static let series = PairLoop(double: tangent_series_f64, single: tangent_series_f32)
    static let rectifiedMonomial = PairLoop(double: tangent_rectified_monomial_f64, single: tangent_rectified_monomial_f32)
    static let heaviside = PairLoop(double: tangent_heaviside_f64, single: tangent_heaviside_f32)
    static let polar = PairLoop(double: tangent_polar_f64, single: tangent_polar_f32)
    static let clippedLine = PairLoop(double: tangent_clipped_line_f64, single: tangent_clipped_line_f32)
    static let clippedSeries = PairLoop(double: tangent_clipped_series_f64, single: tangent_clipped_series_f32)
    static let tabulated = PairLoop(double: tangent_tabulated_f64, single: tangent_tabulated_f32)
    static let dropout = PairLoop(double: tangent_dropout_f64, single: tangent_dropout_f32)
}
