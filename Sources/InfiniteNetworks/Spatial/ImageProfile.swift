/// What the kernels of a pair need of one of its images alone: after each step the variances at its positions, and the
/// attention it pays itself. Filled by the pass of the image with itself.
///
/// `@unchecked Sendable`: written by that pass only, before any pair reads it.
final class ImageProfile: @unchecked Sendable {
    /// Which image it is, for what is wrong with it.
    let input: KernelError.Input
    let row: Int
    /// By step.
    var variances: [[Double]]
    /// The attention matrix [positions, positions], by step.
    var attention: [[Double]]
    /// The largest error of a rule of integration that the image's own variances ask for; nil where no layer is integrated.
    var quadratureError: Double?
    /// The variance after the readout of a plane plan.
    var readout = 0.0
    /// Of the output: the kernel of the image with itself.
    var nngp = 0.0
    var ntk = 0.0

    init(_ input: KernelError.Input, row: Int, steps: Int) {
        (self.input, self.row) = (input, row)
        variances = Array(repeating: [], count: steps)
        attention = Array(repeating: [], count: steps)
    }

    /// Refuses variances beyond the largest number of float64.
    func check(_ variances: [Double], after step: SpatialStep) throws(KernelError) {
        guard variances.allSatisfy(\.isFinite) else { throw .overflow(.nngp, input, row: row, layer: step.id, name: step.name) }
    }

    /// Refuses variances at which a nonlinearity has no kernel.
    func check(_ variances: [Double], before step: SpatialStep, _ map: any LayerMap) throws(KernelError) {
        guard variances.allSatisfy({ map.isDefined(at: $0) }) else {
            throw .divergence(input, row: row, layer: step.id, name: step.name, domain: map.domain)
        }
    }
}

extension ImageRows {
    /// Profiles to be filled.
    func profiles(steps: Int) -> [ImageProfile] {
        images.indices.map { ImageProfile(input, row: $0, steps: steps) }
    }
}

extension [ImageProfile] {
    /// What the pairs of these images will achieve: of two images the larger variance chooses the rule of both.
    var run: KernelRun { KernelRun(quadratureError: compactMap(\.quadratureError).max()) }
}
