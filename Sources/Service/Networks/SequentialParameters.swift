import FiniteNetworks

/// Puts the tensors of a `Sequential` of PyTorch, named `0.weight`, `0.bias`, `2.weight` and so on, where a network has its
/// parameters.
///
/// There a linear layer's weight is [outputs, inputs] and a convolution's [outputs, inputs, filter], and flattening puts
/// channels before positions; here they are [inputs, outputs], [filter, inputs, outputs], and channels come last.
struct SequentialParameters {
    let network: FiniteNetwork
    let file: SafetensorsFile

    private struct Pair {
        var weight: SafetensorsFile.Tensor?
        var bias: SafetensorsFile.Tensor?
    }

    /// All parameters, laid out as the network has them.
    ///
    /// - Throws: ``Problem`` that says what was expected, for a tensor that is missing, of another shape, or too many.
    func read() throws -> [Double] {
        guard network.isSequential else { throw refusal("Its layers run beside each other, and tensors in order do not say which branch they are of") }
        var pairs: [String: Pair] = [:]
        for tensor in file.tensors {
            let parts = tensor.name.split(separator: ".", omittingEmptySubsequences: false)
            let owner = parts.dropLast().joined(separator: ".")
            switch parts.last {
            case "weight": pairs[owner, default: Pair()].weight = tensor
            case "bias": pairs[owner, default: Pair()].bias = tensor
            default: throw refusal("The tensor \"\(tensor.name)\" is neither a weight nor a bias")
            }
        }
        let owners = pairs.keys.sorted(by: Self.precedes)
        guard owners.count == network.layers.count else {
            throw refusal("The file has parameters of \(owners.count) layers (\(owners.joined(separator: ", "))), and the network \(network.layers.count) layers with parameters")
        }
        var values = [Double](repeating: 0, count: network.parameterCount)
        for ((owner, layer), origin) in zip(zip(owners, network.layers), network.flattenedInputs) {
            let (weight, bias) = (pairs[owner]?.weight, pairs[owner]?.bias)
            guard let weight, weight.shape == shape(of: layer) else {
                throw refusal("\"\(owner).weight\" \(weight.map { "has shape \($0.shape)" } ?? "is missing")")
            }
            place(try file.values(of: weight), layer, origin, into: &values)
            switch (layer.bias, bias) {
            case (nil, nil): continue
            case (let range?, let bias?) where bias.shape == [layer.fanOut]:
                values.replaceSubrange(range, with: try file.values(of: bias))
            case (nil, _?): throw refusal("\"\(owner).bias\" is there, but the \(layer.typeName) at \(layer.pointer) has no bias (its bias_std is 0)")
            case (_?, let bias): throw refusal("\"\(owner).bias\" \(bias.map { "has shape \($0.shape)" } ?? "is missing")")
            }
        }
        return values
    }

    /// [outputs, inputs, filter] of a weight there.
    private func shape(of layer: AffineLayer) -> [Int] { layer.weightShape.suffix(2).reversed() + layer.weightShape.dropLast(2) }

    private func place(_ tensor: [Double], _ layer: AffineLayer, _ origin: (positions: Int, channels: Int)?, into values: inout [Double]) {
        let (start, inputs, outputs) = (layer.weight.lowerBound, layer.weightShape[layer.weightShape.count - 2], layer.fanOut)
        let taps = layer.fanIn / inputs
        for output in 0..<outputs {
            for input in 0..<inputs {
                for tap in 0..<taps {
                    // Where input c · positions + p there is p · channels + c here.
                    let row = origin.map { input % $0.positions * $0.channels + input / $0.positions } ?? tap * inputs + input
                    values[start + row * outputs + output] = tensor[(output * inputs + input) * taps + tap]
                }
            }
        }
    }

    private func refusal(_ fault: String) -> Problem {
        let expected = network.layers.map { layer in
            "\(layer.typeName) at \(layer.pointer): weight \(shape(of: layer))" + (layer.bias == nil ? ", no bias" : ", bias [\(layer.fanOut)]")
        }
        return SafetensorsFile.refusal("\(fault). The architecture expects, in order, \(expected.joined(separator: "; ")).")
    }

    /// Names in the order of a model's layers: parts between dots as numbers where both are, so that 10 follows 2.
    static func precedes(_ a: String, _ b: String) -> Bool {
        let (left, right) = (a.split(separator: "."), b.split(separator: "."))
        for (x, y) in zip(left, right) where x != y {
            if let m = Int(x), let n = Int(y), m != n { return m < n }
            return x < y
        }
        return left.count < right.count
    }
}
