@testable import InfiniteNetworks
import Testing

/// Expects a network's planes in both precisions to agree with the tensor over all pairs of positions, for images of two sets and
/// of one with itself.
func expectPlanesAgreeWithTensors(_ network: SpatialNetwork, _ x1: [[Double]], _ x2: [[Double]], _ place: String) throws {
    var tensors = network
    tensors.planes = nil
    for others in [x2, nil] {
        let (a, b) = (try network.results(x1, others), try tensors.results(x1, others))
        let narrow = try network.results(x1, others, as: Float.self)
        for (kind, planes, single, reference) in [("nngp", a.nngp, narrow.nngp, b.nngp), ("ntk", a.ntk, narrow.ntk, b.ntk)] {
            #expect(expectNear(planes.kernel, reference.kernel, 1e-12), "\(place), \(kind)")
            #expect(expectNear(planes.diagonal, reference.diagonal, 1e-12), "\(place), \(kind)")
            #expect(expectNear(single.kernel, reference.kernel, 5e-6), "\(place), \(kind)")
        }
    }
}
