import JSON

/// The layer types of the document that are not nonlinearities.
enum LayerType: String, CaseIterable {
    case dense, conv
    case convLocal = "conv_local"
    case convTranspose = "conv_transpose"
    case avgPool = "avg_pool"
    case sumPool = "sum_pool"
    case globalAvgPool = "global_avg_pool"
    case globalSumPool = "global_sum_pool"
    case flatten
    case layerNorm = "layer_norm"
    case dropout, attention, parallel, serial
    case `repeat`
    case identity
}

extension LayerReader {
    func kind(_ type: LayerType, _ reader: ObjectReader) -> LayerKind? {
        switch type {
        case .dense: .dense(Dense(width: reader.integer("width", in: Self.widths), scales: scales(reader)))
        case .conv: convolution(.shared, reader)
        case .convLocal: convolution(.unshared, reader)
        case .convTranspose: convolution(.transposed, reader)
        case .avgPool: pool(.average, reader)
        case .sumPool: pool(.sum, reader)
        case .globalAvgPool: .globalPool(.average)
        case .globalSumPool: .globalPool(.sum)
        case .flatten: .flatten
        case .layerNorm: layerNorm(reader)
        case .dropout: reader.requiredNumber("keep_rate", in: .between(0, 1, excludingLower: true)).map { .dropout(keepRate: $0) }
        case .attention: attention(reader)
        case .parallel: parallel(reader)
        case .serial: serial(reader)
        case .repeat: repetition(reader)
        case .identity: .identity
        }
    }

    private func scales(_ reader: ObjectReader) -> AffineScales {
        let trainable = reader.bool("trainable", default: true)
        guard parameterization == .pytorch else {
            return AffineScales(
                weightStd: reader.number("weight_std", in: .positive, default: 1),
                biasStd: reader.number("bias_std", in: .nonNegative, default: 0), trainable: trainable)
        }
        for name in ["weight_std", "bias_std"] where reader.has(name) {
            reader.fault(
                at: name, "The pytorch parameterization fixes how weights are drawn; leave \(name) out, or choose \"ntk\" or \"standard\".")
        }
        return AffineScales(weightStd: 1, biasStd: 1, trainable: trainable)
    }

    private func convolution(_ sharing: Convolution.Sharing, _ reader: ObjectReader) -> LayerKind {
        let filter = window("filter", reader)
        let strides = strides(reader, matching: filter, of: "filter")
        let channels = reader.integer("channels", in: Self.widths)
        let padding = reader.choice("padding", default: Padding.valid)
        let scales = scales(reader)
        return .convolution(
            Convolution(sharing: sharing, channels: channels, filter: filter, strides: strides, padding: padding, scales: scales))
    }

    private func pool(_ operation: PoolOperation, _ reader: ObjectReader) -> LayerKind {
        let window = window("window", reader)
        let strides = strides(reader, matching: window, of: "window")
        let padding = reader.choice("padding", default: Padding.valid)
        let normalizeEdges = operation == .average ? reader.bool("normalize_edges", default: false) : false
        return .pool(Pool(operation: operation, window: window, strides: strides, padding: padding, normalizeEdges: normalizeEdges))
    }

    /// One extent an axis. Of a faulty window as much as the number of axes, which is 0 where not even that is known.
    private func window(_ name: String, _ reader: ObjectReader) -> [Int] {
        if let window = reader.requiredIntegers(name, in: Self.extents, count: 1...2) { return window }
        guard let elements = reader.value(name)?.elements, (1...2).contains(elements.count) else { return [] }
        return elements.map { _ in 1 }
    }

    private func strides(_ reader: ObjectReader, matching extents: [Int], of name: String) -> [Int]? {
        guard let strides = reader.integers("strides", in: Self.extents, count: 1...2) else { return nil }
        if !extents.isEmpty, strides.count != extents.count {
            reader.fault(
                at: "strides", "There are \(strides.count) strides for a \(name) of \(extents.count) axes; give one for each axis.")
            return nil
        }
        return strides
    }

    private func layerNorm(_ reader: ObjectReader) -> LayerKind {
        // A batch, at most two spatial axes and the channels: axes 0 to 3, or -4 to -1 counted from the end.
        let axes = reader.value("axes").flatMap { value in
            faults.distinct(value, at: reader.pointer(to: "axes"), count: 1...3, name: { "Axis \($0)" }) { element, place -> Int? in
                guard let axis = faults.integer(element, at: place, in: -3...3) else { return nil }
                if axis != 0 { return axis }
                faults.add(place, "Axis 0 is the batch, over which nothing is normalized; name axes from 1 on, or -1 for the channels.")
                return nil
            }
        }
        return .layerNorm(LayerNorm(axes: axes ?? [-1], epsilon: reader.number("epsilon", in: .positive, default: 1e-12)))
    }

    private func attention(_ reader: ObjectReader) -> LayerKind {
        var attention = Attention()
        attention.heads = reader.integer("heads", in: Self.widths)
        attention.channels = reader.integer("channels", in: Self.widths)
        attention.keyChannels = reader.integer("key_channels", in: Self.widths)
        attention.valueChannels = reader.integer("value_channels", in: Self.widths)
        attention.keyStd = reader.number("key_std", in: .positive, default: 1)
        attention.queryStd = reader.number("query_std", in: .positive, default: 1)
        attention.valueStd = reader.number("value_std", in: .positive, default: 1)
        attention.outStd = reader.number("out_std", in: .positive, default: 1)
        attention.biasStd = reader.number("bias_std", in: .nonNegative, default: 0)
        attention.mechanism = reader.choice("mechanism", default: .softmax)
        attention.linearScaling = reader.bool("linear_scaling", default: true)
        _ = reader.choice("positional", of: Positional.self)
        if !attention.linearScaling, attention.mechanism != .identity {
            reader.fault(
                at: "linear_scaling",
                "Without linear scaling the limit is known for the mechanism \"identity\" only (arXiv 2006.10540); choose it, or linear_scaling true.")
        }
        // Of a finite network the layer itself is the fault.
        if parameterization != .ntk, purpose != .finiteNetwork {
            faults.add(reader.pointer, "Attention is defined in the ntk parameterization only; set parameterization to \"ntk\".")
        }
        return .attention(attention)
    }
}

/// Encodings of positions that attention may add to its input.
enum Positional: String, CaseIterable { case none }
