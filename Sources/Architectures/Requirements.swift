import JSON

/// What a purpose asks of an architecture beyond a sound document.
struct Requirements {
    let architecture: Architecture
    let purpose: Purpose
    let faults: Faults

    /// Looks at each layer as it stands in the document, once however often it is repeated.
    func check() {
        if purpose == .infiniteKernel, architecture.parameterization == .pytorch {
            faults.add(
                architecture.pointer.appending("parameterization"),
                "The pytorch parameterization is for finite networks only; choose \"ntk\" or \"standard\" for an infinite one.")
        }
        if purpose == .finiteNetwork { checkFinite(architecture.layers) }
    }

    /// In the standard parameterization the NTK grows with the width of a layer's input.
    func checkFanIn(of layer: Layer, _ input: Shape) {
        guard purpose == .infiniteKernel, architecture.parameterization == .standard, input.channels == nil else { return }
        faults.add(
            layer.pointer,
            "In the standard parameterization the kernel depends on the width of this layer's input, which is unknown; give the layer before it a width or channels.")
    }

    private func checkFinite(_ layers: [Layer]) {
        for layer in layers {
            switch layer.kind {
            case .dense(let dense): require("width", dense.width, layer)
            case .convolution(let convolution): require("channels", convolution.channels, layer)
            case .attention(let attention):
                require("heads", attention.heads, layer)
                require("channels", attention.channels, layer)
                require("key_channels", attention.keyChannels, layer)
                require("value_channels", attention.valueChannels, layer)
            case .nonlinearity(.expNormalized):
                faults.add(layer.pointer, "exp_normalized is a kernel without a function; a finite network cannot hold it.")
            case .serial(let inner), .repeat(_, let inner): checkFinite(inner)
            case .parallel(let branches, _): branches.forEach(checkFinite)
            default: break
            }
        }
    }

    private func require(_ name: String, _ value: Int?, _ layer: Layer) {
        if value == nil { faults.add(layer.pointer, "A finite network needs the member \"\(name)\" of \(layer.typeName).") }
    }
}
