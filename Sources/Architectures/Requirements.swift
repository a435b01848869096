import JSON

/// What a purpose asks of an architecture beyond a sound document.
struct Requirements {
    let architecture: Architecture
    let purpose: Purpose
    let faults: Faults

    /// Looks at each layer as it stands in the document, once however often it is repeated.
    func check() {
        switch purpose {
        case .shapes: break
        case .infiniteKernel:
            if architecture.parameterization == .pytorch {
                faults.add(
                    architecture.pointer.appending("parameterization"),
                    "The pytorch parameterization is for finite networks only; choose \"ntk\" or \"standard\" for an infinite one.")
            }
            checkInfinite(architecture.layers)
        case .finiteNetwork: checkFinite(architecture.layers)
        }
    }

    /// Whether the layer has no form for this purpose and must give way to another, so that its shapes are no matter.
    func isRefused(_ layer: Layer) -> Bool {
        guard purpose == .finiteNetwork else { return false }
        return switch layer.kind {
        case .convolution(let convolution): convolution.sharing != .shared
        case .attention: true
        default: false
        }
    }

    /// Whether a layer must know how wide its input is: in the standard parameterization the NTK grows with it.
    var needsWidths: Bool { purpose == .infiniteKernel && architecture.parameterization == .standard }

    private func checkInfinite(_ layers: [Layer]) {
        for layer in layers {
            switch layer.kind {
            case .nonlinearity(.expNormalized(let gamma, _)) where gamma < 0:
                faults.add(
                    layer.pointer(to: "gamma"),
                    "With a gamma below 0 exp_normalized is not positive semidefinite, so no kernel; give it a gamma of 0 or more.")
            case .serial(let inner), .repeat(_, let inner): checkInfinite(inner)
            case .parallel(let branches, _): branches.forEach(checkInfinite)
            default: break
            }
        }
    }

    /// Widths, and which layers have a finite form here.
    private func checkFinite(_ layers: [Layer]) {
        for layer in layers {
            if let mend = Self.withoutFiniteForm[layer.typeName] {
                faults.add(layer.pointer, "\(layer.typeName) has no finite form here; \(mend).")
            }
            switch layer.kind {
            case .dense(let dense): require("width", dense.width, layer)
            case .convolution(let convolution) where convolution.sharing == .shared: require("channels", convolution.channels, layer)
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

    /// The mend, by the name of the layer, which an unread one has too.
    private static let withoutFiniteForm = [
        "conv_local": "use conv", "conv_transpose": "use conv",
        "attention": "use dense and conv layers, or ask for its infinite kernel",
        "dropout": "networks are trained without noise; leave the layer out",
        "exp_normalized": "it is a kernel without a function; use exp or rbf, or ask for its infinite kernel",
    ]

    private func require(_ name: String, _ value: Int?, _ layer: Layer) {
        if value == nil, !layer.isOpen(name) { faults.add(layer.pointer, "A finite network needs the member \"\(name)\" of \(layer.typeName).") }
    }
}
