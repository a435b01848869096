import JSON

/// What a purpose asks of an architecture beyond a sound document.
struct Requirements {
    let architecture: Architecture
    let purpose: Purpose
    let faults: Faults

    /// Looks at each layer as it stands in the document, once however often it is repeated.
    ///
    /// - Returns: whether the layers have shapes: a finite network has none where a width is missing or a layer is refused.
    func check() -> Bool {
        if purpose == .infiniteKernel, architecture.parameterization == .pytorch {
            faults.add(
                architecture.pointer.appending("parameterization"),
                "The pytorch parameterization is for finite networks only; choose \"ntk\" or \"standard\" for an infinite one.")
        }
        guard purpose == .finiteNetwork else { return true }
        let before = faults.count
        checkFinite(architecture.layers)
        return faults.count == before
    }

    /// In the standard parameterization the NTK grows with the width of a layer's input.
    func checkFanIn(of layer: Layer, _ input: Shape) {
        guard purpose == .infiniteKernel, architecture.parameterization == .standard, input.channels == nil else { return }
        faults.add(
            layer.pointer,
            "In the standard parameterization the kernel depends on the width of this layer's input, which is unknown; give the layer before it a width or channels.")
    }

    /// Widths, and which layers have a finite form here.
    private func checkFinite(_ layers: [Layer]) {
        for layer in layers {
            switch layer.kind {
            case .dense(let dense): require("width", dense.width, layer)
            case .convolution(let convolution) where convolution.sharing != .shared: refuse(layer, "use conv")
            case .convolution(let convolution): require("channels", convolution.channels, layer)
            case .attention: refuse(layer, "use dense and conv layers, or ask for its infinite kernel")
            case .dropout: refuse(layer, "networks are trained without noise; leave the layer out")
            case .nonlinearity(.expNormalized):
                faults.add(layer.pointer, "exp_normalized is a kernel without a function; a finite network cannot hold it.")
            case .serial(let inner), .repeat(_, let inner): checkFinite(inner)
            case .parallel(let branches, let combine):
                if combine == .product {
                    faults.add(
                        layer.pointer(to: "combine"),
                        "The product of parallel branches has no finite form here; combine them by \"sum\" or \"concat\".")
                }
                branches.forEach(checkFinite)
            default: break
            }
        }
    }

    private func refuse(_ layer: Layer, _ mend: String) {
        faults.add(layer.pointer, "\(layer.typeName) has no finite form here; \(mend).")
    }

    private func require(_ name: String, _ value: Int?, _ layer: Layer) {
        if value == nil { faults.add(layer.pointer, "A finite network needs the member \"\(name)\" of \(layer.typeName).") }
    }
}
