import FiniteNetworks

/// Puts the tensors of a model of PyTorch where a network has its parameters. Those of a `Sequential` are named `0.weight`,
/// `0.bias`, `2.weight` and so on and taken in order; where layers run beside each other, every tensor has the name of its layer.
///
/// There a linear layer's weight is [outputs, inputs] and a convolution's [outputs, inputs, filter], and flattening puts
/// channels before positions; here they are [inputs, outputs], [filter, inputs, outputs], and channels come last.
struct UploadedParameters {
    private let network: FiniteNetwork
    private let file: SafetensorsFile
    private let pairs: [Pair]
    /// By layer.
    private let flattened: [FlattenedChannels]

    private struct Pair {
        var weight: SafetensorsFile.Tensor?
        var bias: SafetensorsFile.Tensor?
    }

    /// Pairs tensors with layers. Afterwards the file is known to hold as many numbers as the network has parameters.
    ///
    /// - Throws: ``Problem`` that says what was expected, for a tensor that is missing, of another shape, or too many.
    init(_ file: SafetensorsFile, of network: FiniteNetwork) throws {
        let names = network.isSequential ? nil : network.layerNames
        func refusal(_ fault: String, of tensor: String? = nil) -> Problem {
            let expected = network.layers.enumerated().map { index, layer in
                "\(names.map { "\($0[index]), the " } ?? "")\(layer.typeName) at \(layer.pointer): weight \(Self.shape(of: layer))" + (layer.bias == nil ? ", no bias" : ", bias [\(layer.fanOut)]")
            }
            return SafetensorsFile.refusal("\(fault). The architecture expects\(names == nil ? ", in order," : "") \(expected.joined(separator: "; ")).", at: tensor.map(SafetensorsFile.place) ?? .root)
        }
        guard let flattened = network.flattenedInputs else {
            throw refusal("Branches are summed of which some were flattened and others not, or otherwise; with channels first other numbers are added than with channels last")
        }
        var pairs: [String: Pair] = [:]
        for tensor in file.tensors {
            let parts = tensor.name.split(separator: ".", omittingEmptySubsequences: false)
            let owner = parts.dropLast().joined(separator: ".")
            switch parts.last {
            case "weight": pairs[owner, default: Pair()].weight = tensor
            case "bias": pairs[owner, default: Pair()].bias = tensor
            default: throw refusal("The tensor \"\(tensor.name)\" is neither a weight nor a bias", of: tensor.name)
            }
        }
        let found = pairs.keys.sorted(by: Self.precedes)
        if let names, let stranger = found.first(where: { !names.contains($0) }) {
            throw refusal("There is no layer \"\(stranger)\" with parameters; layers that run beside each other are told apart by their names")
        }
        if names == nil, let (a, b) = zip(found, found.dropFirst()).first(where: { !Self.isOrdered($0, $1) }) {
            throw refusal("The names \"\(a)\" and \"\(b)\" do not say which layer comes first; number the layers, as a Sequential does (0.weight, 0.bias, 2.weight)")
        }
        let owners = names ?? found
        guard owners.count == network.layers.count else {
            throw refusal("The file has parameters of \(owners.count) layers (\(owners.joined(separator: ", "))), and the network \(network.layers.count) layers with parameters")
        }
        for (owner, layer) in zip(owners, network.layers) {
            let (weight, bias) = (pairs[owner]?.weight, pairs[owner]?.bias)
            guard weight?.shape == Self.shape(of: layer) else {
                throw refusal("\"\(owner).weight\" \(weight.map { "has shape \($0.shape)" } ?? "is missing")", of: weight?.name)
            }
            if layer.bias == nil, bias != nil {
                throw refusal("\"\(owner).bias\" is there, but the \(layer.typeName) at \(layer.pointer) has no bias (its bias_std is 0)", of: bias?.name)
            }
            guard layer.bias == nil || bias?.shape == [layer.fanOut] else {
                throw refusal("\"\(owner).bias\" \(bias.map { "has shape \($0.shape)" } ?? "is missing")", of: bias?.name)
            }
        }
        self.pairs = owners.compactMap { pairs[$0] }
        (self.network, self.file, self.flattened) = (network, file, flattened)
    }

    /// Writes all parameters, laid out as the network has them; needs no memory beside them.
    ///
    /// - Throws: ``Problem`` where one of them is not finite.
    func write(into values: UnsafeMutableBufferPointer<Double>) throws {
        for ((pair, layer), channels) in zip(zip(pairs, network.layers), flattened) {
            let (start, inputs, outputs) = (layer.weight.lowerBound, layer.weightShape[layer.weightShape.count - 2], layer.fanOut)
            let taps = layer.fanIn / inputs
            if let weight = pair.weight {
                try file.forEach(of: weight) { index, value in
                    let (output, input, tap) = (index / (inputs * taps), index / taps % inputs, index % taps)
                    let row = tap * inputs + channels.place(ofChannelsFirst: input)
                    values[start + row * outputs + output] = value
                }
            }
            if let bias = pair.bias, let range = layer.bias {
                try file.forEach(of: bias) { values[range.lowerBound + $0] = $1 }
            }
        }
    }

    /// [outputs, inputs, filter] of a weight there.
    private static func shape(of layer: AffineLayer) -> [Int] { layer.weightShape.suffix(2).reversed() + layer.weightShape.dropLast(2) }

    /// Names in the order of a model's layers: parts between dots by the numbers at their ends, so that 10 follows 2 and fc10 fc2.
    static func precedes(_ a: String, _ b: String) -> Bool {
        let (left, right) = (a.split(separator: "."), b.split(separator: "."))
        for (x, y) in zip(left, right) where x != y {
            let ((textX, m), (textY, n)) = (numbered(x), numbered(y))
            if textX == textY, let m, let n, m != n { return m < n }
            return x < y
        }
        return left.count < right.count
    }

    /// Whether two names differ first in a number, which says what comes before what; letters do not.
    static func isOrdered(_ a: String, _ b: String) -> Bool {
        for (x, y) in zip(a.split(separator: "."), b.split(separator: ".")) where x != y {
            let ((textX, m), (textY, n)) = (numbered(x), numbered(y))
            return textX == textY && m != nil && n != nil
        }
        return true
    }

    /// The digits at the end of a part as a number, and the text before them.
    private static func numbered(_ part: Substring) -> (text: Substring, number: Int?) {
        let digits = part.reversed().prefix { $0.isASCII && $0.isNumber }.count
        return (part.dropLast(digits), Int(part.suffix(digits)))
    }
}
