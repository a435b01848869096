extension FiniteNetwork {
    /// Whether every layer reads what the one before it wrote, so that parameters in order say which layer they are of.
    public var isSequential: Bool { nodes.allSatisfy { $0.inputs == [$0.output - 1] } }

    /// By layer with parameters: the positions and channels that a `flatten` before it laid side by side, positions first; nil
    /// where its input was never flattened. Libraries with channels first lay the channels outside, and so order the rows of
    /// such a layer's weight in another way.
    public var flattenedInputs: [(positions: Int, channels: Int)?] {
        var origins = [(positions: Int, channels: Int)?](repeating: nil, count: values.count)
        var found = [(positions: Int, channels: Int)?](repeating: nil, count: layers.count)
        for node in nodes {
            let input = node.inputs[0]
            switch node.operation {
            case .sum where values[input].positions > 1 && values[node.output].positions == 1:
                origins[node.output] = (values[input].positions, values[input].channels)
            case .sum, .nonlinearity, .layerNorm: origins[node.output] = origins[input]
            case .affine(let layer): found[layer] = origins[input]
            case .pool, .concat: break
            }
        }
        return found
    }
}
