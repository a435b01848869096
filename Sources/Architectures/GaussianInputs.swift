import JSON

/// Checks that the infinite network has the kernel the recursion would compute.
///
/// The dual of a nonlinearity is an expectation over a Gaussian input, so a nonlinearity and layer normalization want one.
/// Dense, conv and attention layers give one; nonlinearities, flatten, dropout, products and concats end it; pooling keeps it.
/// Kernels of branches add (or multiply) only where the branches are independent: at most one of them may pass on the
/// randomness it was given without a random layer of its own. A sum wants Gaussian branches besides, as the cross
/// terms of others have a mean. The rules are those of neural-tangents, whose sums of dependent branches only warn.
public enum GaussianInputs {
    /// Complexity: O(layers of the document x 2 for each level of `repeat`): a second round sees all that any later one would.
    ///
    /// - Parameter trace: The shapes through the network, where they are known: a fault tells the layer's own.
    public static func check(_ architecture: Architecture, trace: ShapeTrace? = nil, faults: Faults) {
        let inputs = (trace?.layers ?? []).map { ($0.layer.pointer, $0.input) }
        var walk = GaussianWalk(faults: faults, inputs: Dictionary(inputs) { first, _ in first })
        walk.pass(architecture.layers)
    }
}

private struct GaussianWalk {
    let faults: Faults
    /// The input shapes of layers, by their pointers.
    let inputs: [JSONPointer: Shape]
    /// What makes the value at this point other than Gaussian; nil where it is Gaussian.
    var obstacle: String? = "the raw input"
    /// Whether the value still holds the randomness that the innermost branch began with.
    var passesOn = true

    mutating func pass(_ layers: [Layer]) {
        for layer in layers { pass(layer) }
    }

    private mutating func pass(_ layer: Layer) {
        switch layer.kind {
        case .dense, .convolution, .attention:
            obstacle = nil
            passesOn = false
        case .nonlinearity:
            wantGaussian(layer)
            obstacle = place(layer)
        case .layerNorm:
            wantGaussian(layer)
            obstacle = nil
        case .flatten, .dropout: obstacle = place(layer)
        case .pool, .globalPool, .identity: break
        case .serial(let layers): pass(layers)
        case .repeat(let times, let layers):
            for _ in 0..<min(times, 2) {
                let before = faults.count
                pass(layers)
                guard faults.count == before else { break }
            }
        case .parallel(let branches, let combine): pass(branches, combine, layer)
        }
    }

    private mutating func pass(_ branches: [[Layer]], _ combine: Combination, _ layer: Layer) {
        let before = faults.count
        let ends = branches.map { branch in
            var walk = self
            walk.passesOn = true
            walk.pass(branch)
            return walk
        }
        let sharing = ends.indices.filter { ends[$0].passesOn }
        passesOn = passesOn && !sharing.isEmpty
        if faults.count == before { check(combine, ends, sharing, layer) }
        obstacle = combine == .sum ? nil : "the \(combine.rawValue) of \(place(layer))"
    }

    private func check(_ combine: Combination, _ ends: [GaussianWalk], _ sharing: [Int], _ layer: Layer) {
        guard combine != .concat else { return }
        let branches = layer.pointer(to: "branches")
        if combine == .sum {
            for (index, end) in ends.enumerated() {
                guard let obstacle = end.obstacle else { continue }
                faults.add(
                    branches.appending(index),
                    "This branch of a sum ends in \(obstacle), which is not Gaussian, so the kernels do not add; end it with a dense, conv or attention layer.")
            }
            guard ends.allSatisfy({ $0.obstacle == nil }) else { return }
        }
        if sharing.count > 1 {
            let names = sharing.map(String.init).joined(separator: " and ")
            faults.add(
                branches,
                "Branches \(names) pass on what they are given without a random layer of their own, so they depend on each other and the kernels of a \(combine.rawValue) do not combine; put a dense, conv or attention layer into all but one of them.")
        }
    }

    private func wantGaussian(_ layer: Layer) {
        guard let obstacle else { return }
        let shape = inputs[layer.pointer].map { ", of shape \($0)" } ?? ""
        faults.add(
            layer.pointer,
            "\(layer.typeName) wants a Gaussian input but stands on \(obstacle)\(shape); put a dense, conv or attention layer between them.")
    }

    private func place(_ layer: Layer) -> String { "\(layer.typeName) (\(layer.pointer))" }
}
