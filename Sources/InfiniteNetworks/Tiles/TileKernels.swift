/// Both kernels of one tile, put together in a thread's own memory, which stays in its cache from tile to tile: the results' lines
/// are then written past the cache and never read, as they would be by a first write to them.
final class TileKernels<Scalar: KernelScalar> {
    let nngp: UnsafeMutablePointer<Scalar>
    let ntk: UnsafeMutablePointer<Scalar>

    init(side: Int) {
        nngp = .allocate(capacity: side * side)
        ntk = .allocate(capacity: side * side)
        for buffer in [nngp, ntk] { buffer.initialize(repeating: 0, count: side * side) }
    }

    deinit {
        nngp.deallocate()
        ntk.deallocate()
    }
}
