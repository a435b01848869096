/// What the kernels of a pair need of one of its images alone: after each step the variances at its positions, and the
/// attention it pays itself. Filled by the pass of the image with itself.
///
/// `@unchecked Sendable`: written by that pass only, before any pair reads it.
final class ImageProfile: @unchecked Sendable {
    /// By step.
    var variances: [[Double]]
    /// The attention matrix [positions, positions], by step.
    var attention: [[Double]]
    /// The variance after the readout of a plane plan.
    var readout = 0.0
    /// Of the output: the kernel of the image with itself.
    var nngp = 0.0
    var ntk = 0.0

    init(steps: Int) {
        variances = Array(repeating: [], count: steps)
        attention = Array(repeating: [], count: steps)
    }
}
