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
        let (shape, place) = inputShape(of: inputs, named: name)
        guard let shape else {
            InfiniteNetwork.check(architecture, inputShape: nil, shapePointer: place, faults: faults)
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

    /// The network of such inputs at the architecture's widths; nil with faults where it has no finite form.
    func finiteNetwork(_ architecture: Architecture, inputs: DataReference?, named name: String) -> FiniteNetwork? {
        let (shape, place) = inputShape(of: inputs, named: name)
        guard let shape else {
            _ = ShapeInference.survey(architecture, inputShape: nil, at: place, for: .finiteNetwork, faults: faults)
            return nil
        }
        return FiniteNetwork(architecture, inputShape: shape, at: place, faults: faults)
    }

    /// The shape of a row and where it is told: of its own, or by the inputs themselves. Where the inputs cannot be read, the
    /// request's own shape stands in.
    private func inputShape(of inputs: DataReference?, named name: String) -> (shape: [Int]?, place: JSONPointer) {
        let told = members.value("input_shape")?.integers.flatMap { $0.allSatisfy { $0 > 0 } ? $0 : nil }
        return (inputs?.shape ?? told, members.pointer(to: members.has("input_shape") ? "input_shape" : name))
    }
}
