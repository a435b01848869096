import Architectures
import FiniteNetworks
import InfiniteNetworks
import JSON

/// Networks of the architecture and the inputs that a request names. Without inputs, or of a draft, there is no network, but
/// all that can be checked is.
extension RequestReader {
    /// The architecture compiled for the kernels of such inputs; nil with faults where it has none.
    ///
    /// - Parameter name: The member that the inputs are.
    func network(_ architecture: Architecture, inputs: DataReference?, named name: String = "x1") -> InfiniteNetwork? {
        let (shape, axes, place) = inputShape(of: inputs, named: name)
        guard let shape else {
            InfiniteNetwork.check(architecture, inputShape: nil, inputAxes: axes, shapePointer: place, faults: faults)
            return nil
        }
        do throws(ArchitectureFaults) {
            return try InfiniteNetwork(architecture, inputShape: shape, shapePointer: place)
        } catch {
            // Of a request for both forms of a network its finite one may have been told already.
            for fault in error.faults where !faults.all.contains(fault) { faults.add(fault.pointer, fault.detail) }
            return nil
        }
    }

    /// The network of such inputs at the architecture's widths; nil with faults where it has no finite form. Beside faults it is for
    /// checks alone.
    func finiteNetwork(_ architecture: Architecture, inputs: DataReference?, named name: String) -> FiniteNetwork? {
        let (shape, axes, place) = inputShape(of: inputs, named: name)
        guard let shape else {
            _ = ShapeInference.survey(architecture, inputShape: nil, inputAxes: axes, at: place, for: .finiteNetwork, faults: faults)
            return nil
        }
        return FiniteNetwork(draft: architecture, inputShape: shape, at: place, faults: faults)
    }

    /// The shape of a row and where it is told: of its own, or by the inputs themselves. Where the inputs cannot be read, the
    /// request's own shape stands in, or that of rows in which something is no number; where that is at fault, there is none, but
    /// often the number of its spatial axes.
    private func inputShape(of inputs: DataReference?, named name: String) -> (shape: [Int]?, axes: Int?, place: JSONPointer) {
        guard let told = members.value("input_shape") else {
            return (inputs?.shape ?? outline(name).shape, nil, members.pointer(to: name))
        }
        let place = members.pointer(to: "input_shape")
        guard let extents = told.elements, (1...3).contains(extents.count) else { return (faults.isEmpty ? inputs?.shape : nil, nil, place) }
        let shape = told.integers.flatMap { shape in shape.allSatisfy { $0 > 0 } ? shape : nil }
        return (shape == nil && !faults.isEmpty ? nil : inputs?.shape ?? shape, extents.count - 1, place)
    }
}
