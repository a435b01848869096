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
    /// - Parameters:
    ///   - architecture: a draft too: what stands on a layer that could not be read is not held against it.
    ///   - survey: the shapes through the network, where they were looked at: a fault tells the layer's own.
    public static func check(_ architecture: Architecture, survey: ShapeSurvey? = nil, faults: Faults) {
        var walk = GaussianWalk(faults: faults, inputs: survey?.inputs ?? [:])
        walk.pass(architecture.layers)
    }
}

private struct GaussianWalk {
    var faults: Faults
    /// The input shapes of layers, by their pointers.
    let inputs: [JSONPointer: PartialShape]
    /// What makes the value at this point other than Gaussian; nil where it is Gaussian.
    var obstacle: String? = "the raw input"
    /// Whether the value still holds the randomness that the innermost branch began with.
    var passesOn = true

    mutating func pass(_ layers: [Layer]) {
        for layer in layers { pass(layer) }
    }

    /// A fault that comes again in the next round is told once.
    private mutating func pass(_ layers: [Layer], times: Int) {
        let all = faults
        defer { faults = all }
        var told: [Fault] = []
        for _ in 0..<times {
            faults = Faults()
            pass(layers)
            for fault in faults.all where !told.contains(fault) { all.add(fault.pointer, fault.detail) }
            told += faults.all
        }
    }

    private mutating func pass(_ layer: Layer) {
        switch layer.kind {
        case .dense, .convolution, .attention: beginAnew()
        case .nonlinearity:
            wantGaussian(layer)
            obstacle = place(layer)
        case .layerNorm:
            wantGaussian(layer)
            obstacle = nil
        case .flatten, .dropout: obstacle = place(layer)
        case .pool, .globalPool, .identity: break
        case .unread(let typeName): passUnread(typeName, layer)
        case .serial(let layers): pass(layers)
        case .repeat(let times, let layers):
            pass(layers, times: min(times, 2))
        case .parallel(let branches, let combine): pass(branches, combine, layer)
        }
    }

    /// A function or dropout, whose type alone tells; anything else may well be what the next layers want.
    private mutating func passUnread(_ typeName: String?, _ layer: Layer) {
        guard let typeName else { return beginAnew() }
        if NonlinearityType(rawValue: typeName) != nil {
            wantGaussian(layer)
            obstacle = place(layer)
        } else if typeName == LayerType.dropout.rawValue {
            obstacle = place(layer)
        } else {
            beginAnew()
        }
    }

    /// With the randomness of a layer of its own.
    private mutating func beginAnew() {
        obstacle = nil
        passesOn = false
    }

    private mutating func pass(_ branches: [[Layer]], _ combine: Combination, _ layer: Layer) {
        let ends = branches.map { branch in
            var walk = self
            walk.passesOn = true
            walk.pass(branch)
            return walk
        }
        let sharing = ends.indices.filter { ends[$0].passesOn }
        passesOn = passesOn && !sharing.isEmpty
        if layer.isOpen("combine") {
            // Which combination was meant, and so what the branches must be, is open.
            obstacle = nil
            return
        }
        check(combine, ends, sharing, layer)
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
        }
        // A branch of a sum that ends in another layer, as it must, no longer shares what it does now.
        let sharing = combine == .sum ? sharing.filter { ends[$0].obstacle == nil } : sharing
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
