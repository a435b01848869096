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
}
