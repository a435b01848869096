/// Which of the two kernels of an infinitely wide network.
public enum KernelKind: String, Sendable, CaseIterable {
    /// The covariance of the outputs at initialisation (the network as a Gaussian process).
    case nngp
    /// The neural tangent kernel.
    case ntk
}

/// Where the arrays of one kernel go; nil: not wanted.
///
/// `@unchecked Sendable` because several threads write through the pointers, and it holds because each element is written
/// by one tile only, and the owner promises memory of the given size that outlives the computation and that nobody else
/// touches meanwhile.
public struct KernelArrays<Scalar: KernelScalar>: @unchecked Sendable {
    /// The kernel [n1, n2], row-major, like all arrays here.
    public var kernel: UnsafeMutablePointer<Scalar>?
    /// K_ij/√(K_ii K_jj) [n1, n2]; 0 where a row has no variance.
    public var cosine: UnsafeMutablePointer<Scalar>?
    /// acos of the cosine in radians [n1, n2], exactly 0 on the diagonal of a symmetric kernel; π/2 where a row has no variance.
    public var angle: UnsafeMutablePointer<Scalar>?
    /// √(K_ii + K_jj − 2K_ij) [n1, n2].
    public var distance: UnsafeMutablePointer<Scalar>?
    /// The kernel after each layer of ``DenseStack/layerNames`` [layers, n1, n2]; the last slice equals the kernel.
    public var layers: UnsafeMutablePointer<Scalar>?
    /// The kernel of each row of x1 with itself [n1].
    public var diagonal: UnsafeMutablePointer<Scalar>?

    public init(
        kernel: UnsafeMutablePointer<Scalar>? = nil, cosine: UnsafeMutablePointer<Scalar>? = nil,
        angle: UnsafeMutablePointer<Scalar>? = nil, distance: UnsafeMutablePointer<Scalar>? = nil,
        layers: UnsafeMutablePointer<Scalar>? = nil, diagonal: UnsafeMutablePointer<Scalar>? = nil
    ) {
        self.kernel = kernel
        self.cosine = cosine
        self.angle = angle
        self.distance = distance
        self.layers = layers
        self.diagonal = diagonal
    }

    var wantsGeometry: Bool { cosine != nil || angle != nil || distance != nil }
}

/// Where the results of one pass go. A kind that is nil is not computed: without `ntk` all NTK work is skipped.
public struct KernelDestinations<Scalar: KernelScalar>: Sendable {
    public var nngp: KernelArrays<Scalar>?
    public var ntk: KernelArrays<Scalar>?

    public init(nngp: KernelArrays<Scalar>? = nil, ntk: KernelArrays<Scalar>? = nil) {
        self.nngp = nngp
        self.ntk = ntk
    }
}

/// Why a kernel could not be computed.
public enum KernelError: Error, Equatable, CustomStringConvertible {
    /// Which input, counted from 1: x1 or x2.
    public enum Input: String, Sendable { case x1, x2 }

    case inputDimension(Input, found: Int, expected: Int)
    case notFinite(Input, row: Int, column: Int)
    /// The kernel of a row with itself, after a layer (counted from 0), is beyond the largest number of the precision.
    case overflow(KernelKind, Input, row: Int, layer: Int, name: String)
    /// The pre-activation of a row has a variance at which the kernel of a layer (counted from 0) does not converge.
    case divergence(Input, row: Int, layer: Int, name: String, domain: String)
    case cancelled

    public var description: String {
        switch self {
        case .inputDimension(let input, let found, let expected):
            "\(input.rawValue) has \(found) columns where the network takes \(expected)"
        case .notFinite(let input, let row, let column):
            "\(input.rawValue) holds a value that is not finite at row \(row), column \(column)"
        case .overflow(let kind, let input, let row, let layer, let name):
            "the \(kind.rawValue) of row \(row) of \(input.rawValue) overflows after layer \(layer) (\(name)); "
                + "scale the inputs down, lower weight_std, or ask for float64"
        case .divergence(let input, let row, let layer, let name, let domain):
            "layer \(layer) (\(name)) has no kernel at row \(row) of \(input.rawValue): \(domain); scale the inputs down, or lower "
                + "weight_std or bias_std before it, or b"
        case .cancelled:
            "the computation was cancelled"
        }
    }
}
