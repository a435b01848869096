import Architectures
import JSON

extension StackCompiler {
    mutating func append(_ norm: LayerNorm, at pointer: JSONPointer) {
        if let after = nonGaussian {
            add(.nonGaussianInput(NonGaussianInput(pointer: pointer, name: "layer_norm", after: after)))
        }
        step("layer_norm", .map(LayerNormMap(epsilon: norm.epsilon)), at: pointer)
        nonGaussian = nil
    }

    /// Branches one after another, each on what came in. That the branches of a sum or product are independent is the
    /// matter of `GaussianInputs`.
    mutating func append(_ branches: [[Layer]], _ combine: Combination, at pointer: JSONPointer) {
        let (input, inputWidth, inputPointer) = (nonGaussian, fanIn, widthPointer)
        var ends: [(obstacle: String?, width: Int?)] = []
        for (index, branch) in branches.enumerated() {
            step(index == 0 ? "parallel" : "branch", index == 0 ? .open : .next, at: pointer)
            (nonGaussian, fanIn, widthPointer) = (input, inputWidth, inputPointer)
            append(branch)
            ends.append((nonGaussian, fanIn))
            let place = pointer.appending("branches").appending(index)
            if combine == .sum, let obstacle = nonGaussian {
                add(.nonGaussianInput(NonGaussianInput(pointer: place, name: "sum", after: obstacle)))
            }
            if combine == .concat, fanIn == nil {
                refuse(widthPointer, "concat", "it weighs its branches by their widths; give every branch's last dense layer a width")
            }
        }
        guard !branches.isEmpty else { return }
        let widths = ends.map { Double($0.width ?? 1) }
        let total = widths.reduce(0, +)
        let weights = combine == .concat ? widths.map { $0 / total } : widths.map { _ in 1 }
        step(combine.rawValue, .join(Join(combine: combine, weights: weights)), at: pointer)
        nonGaussian = combine == .sum ? nil : "a \(combine.rawValue)"
        // The branches of a sum or product are equally wide, whichever of them says so.
        fanIn = combine == .concat ? ends.allSatisfy { $0.width != nil } ? Int(total) : nil : ends.lazy.compactMap(\.width).first
    }
}
