import Architectures

extension Architecture {
    /// The same network with every hidden dense and convolution layer given this width; the layers that make the output keep
    /// theirs. A layer is hidden if another dense or convolution layer comes after it.
    ///
    /// - Parameter width: nil: none, as where a list of widths takes the place of the document's own.
    public func withHiddenWidth(_ width: Int?) -> Architecture {
        var copy = self
        var isFollowed = false
        copy.layers = layers.withHiddenWidth(width, &isFollowed)
        return copy
    }

    /// Whether any layer is hidden, or may be where one could not be read.
    public var hasHiddenLayers: Bool { isDraft || withHiddenWidth(1) != withHiddenWidth(2) }
}

extension [Layer] {
    /// - Parameter isFollowed: whether an affine layer comes after these; on return, whether one does counting these too.
    fileprivate func withHiddenWidth(_ width: Int?, _ isFollowed: inout Bool) -> [Layer] {
        var layers = self
        for index in layers.indices.reversed() { layers[index].widen(to: width, &isFollowed) }
        return layers
    }
}

extension Layer {
    fileprivate mutating func widen(to width: Int?, _ isFollowed: inout Bool) {
        switch kind {
        case .dense(var dense):
            if isFollowed { dense.width = width }
            kind = .dense(dense)
            isFollowed = true
        case .convolution(var convolution):
            if isFollowed { convolution.channels = width }
            kind = .convolution(convolution)
            isFollowed = true
        case .serial(let inner): kind = .serial(inner.withHiddenWidth(width, &isFollowed))
        // What ends every round must fit what ends the last one, so it counts as an output where the last one is.
        case .repeat(let times, let inner): kind = .repeat(times: times, inner.withHiddenWidth(width, &isFollowed))
        case .parallel(let branches, let combine):
            var isAnyFollowed = isFollowed
            let widened = branches.map { branch in
                var isBranchFollowed = isFollowed
                let result = branch.withHiddenWidth(width, &isBranchFollowed)
                isAnyFollowed = isAnyFollowed || isBranchFollowed
                return result
            }
            kind = .parallel(branches: widened, combine: combine)
            isFollowed = isAnyFollowed
        // It may be what makes the output.
        case .unread: isFollowed = true
        default: break
        }
    }
}
