extension LayerShape {
    /// Weights and biases of this application of the layer at its widths; nil where a width is missing. A container counts
    /// nothing of its own.
    public var parameters: Int? {
        switch layer.kind {
        case .dense(let dense):
            affine(input.channels, dense.width, taps: 1, copies: 1, hasBias: dense.scales.biasStd > 0)
        case .convolution(let convolution):
            affine(
                input.channels, convolution.channels, taps: product(convolution.filter),
                copies: convolution.sharing == .unshared ? product(output.positions) : 1, hasBias: convolution.scales.biasStd > 0)
        case .attention(let attention): parameters(of: attention)
        default: 0
        }
    }

    /// Whether training moves them.
    public var isTrainable: Bool {
        switch layer.kind {
        case .dense(let dense): dense.scales.trainable
        case .convolution(let convolution): convolution.scales.trainable
        default: true
        }
    }

    private func affine(_ inputs: Int?, _ outputs: Int?, taps: Int, copies: Int, hasBias: Bool) -> Int? {
        guard let inputs, let outputs else { return nil }
        return product([copies, sum(product([taps, inputs, outputs]), hasBias ? outputs : 0)])
    }

    /// Queries, keys and values of each head, and the map from all values to the output.
    private func parameters(of attention: Attention) -> Int? {
        guard let inputs = input.channels, let heads = attention.heads, let keys = attention.keyChannels,
            let values = attention.valueChannels, let outputs = attention.channels
        else { return nil }
        let inner = product([heads, inputs, sum(product([2, keys]), values)])
        return sum(inner, sum(product([heads, values, outputs]), attention.biasStd > 0 ? outputs : 0))
    }

    /// The largest Int where the product is beyond it: widths are the client's numbers.
    private func product(_ factors: [Int]) -> Int {
        factors.reduce(1) { product, factor in
            let (result, overflow) = product.multipliedReportingOverflow(by: factor)
            return overflow ? Int.max : result
        }
    }

    private func sum(_ first: Int, _ second: Int) -> Int {
        let (result, overflow) = first.addingReportingOverflow(second)
        return overflow ? Int.max : result
    }
}
