import Architectures

/// The textbook recursion of convolutional kernels in covariances: the full tensor over pairs of positions for (x, x),
/// (x, y) and (y, y), loop by loop and in the plainest form. Independent of the product and slow. It knows conv, pools,
/// flatten, dense and the rectifier family, in the ntk parameterisation.
struct SpatialReference {
    /// A point of an image, [row, column].
    typealias Point = [Int]

    struct Tensor {
        var height: Int
        var width: Int
        var values: [Double]

        init(_ height: Int, _ width: Int, _ value: (Point, Point) -> Double) {
            self.height = height
            self.width = width
            values = []
            for i in points { for j in points { values.append(value(i, j)) } }
        }

        var points: [Point] { (0..<height).flatMap { y in (0..<width).map { [y, $0] } } }

        /// Zero outside the image.
        subscript(i: Point, j: Point) -> Double {
            for point in [i, j] {
                guard point[0] >= 0, point[1] >= 0, point[0] < height, point[1] < width else { return 0 }
            }
            return values[(i[0] * width + i[1]) * height * width + j[0] * width + j[1]]
        }
    }

    /// Covariances of (x, x), (x, y), (y, y).
    var covariances: [Tensor]
    /// The tangent kernel of (x, y).
    var tangent: Tensor

    var nngp: Double { covariances[1].values[0] }
    var ntk: Double { tangent.values[0] }

    init(_ layers: [Layer], _ shape: [Int], _ x: [Double], _ y: [Double]) {
        let (height, width, channels) = (shape.count == 3 ? shape[0] : 1, shape[shape.count - 2], shape[shape.count - 1])
        func dot(_ u: [Double], _ v: [Double], _ i: Point, _ j: Point) -> Double {
            (0..<channels).reduce(0) {
                $0 + u[(i[0] * width + i[1]) * channels + $1] * v[(j[0] * width + j[1]) * channels + $1]
            } / Double(channels)
        }
        covariances = [(x, x), (x, y), (y, y)].map { u, v in Tensor(height, width) { dot(u, v, $0, $1) } }
        tangent = Tensor(height, width) { _, _ in 0 }
        run(layers)
    }

    private mutating func run(_ layers: [Layer]) {
        for layer in layers {
            switch layer.kind {
            case .repeat(let times, let inner): for _ in 0..<times { run(inner) }
            case .serial(let inner): run(inner)
            case .dense(let dense): affine([1, 1], [1, 1], .valid, dense.scales)
            case .convolution(let convolution):
                affine(Self.pad(convolution.filter), Self.pad(convolution.strides), convolution.padding, convolution.scales)
            case .nonlinearity(let nonlinearity): apply(nonlinearity)
            case .pool(let pool):
                transform { Self.pool($0, Self.pad(pool.window), Self.pad(pool.strides), pool.padding, pool.operation, pool.normalizeEdges) }
            case .globalPool(let operation):
                transform { tensor in
                    Self.pool(tensor, [tensor.height, tensor.width], [1, 1], .valid, operation, false)
                }
            case .flatten:
                transform { tensor in
                    let mean = tensor.points.reduce(0) { $0 + tensor[$1, $1] } / Double(tensor.points.count)
                    return Tensor(1, 1) { _, _ in mean }
                }
            default: preconditionFailure("the reference has no \(layer.kind)")
            }
        }
    }

    private static func pad(_ extents: [Int]) -> [Int] { extents.count == 1 ? [1, extents[0]] : extents }

    private mutating func transform(_ map: (Tensor) -> Tensor) {
        covariances = covariances.map(map)
        tangent = map(tangent)
    }

    private mutating func affine(_ filter: [Int], _ strides: [Int], _ padding: Padding, _ scales: AffineScales) {
        let (w, b) = (scales.weightStd * scales.weightStd, scales.biasStd * scales.biasStd)
        covariances = covariances.map { Self.scaled(Self.filtered($0, filter, strides, padding), w, b) }
        tangent = Self.scaled(Self.filtered(tangent, filter, strides, padding), w, 0)
        if scales.trainable {
            for index in tangent.values.indices { tangent.values[index] += covariances[1].values[index] }
        }
    }

    private static func scaled(_ tensor: Tensor, _ factor: Double, _ offset: Double) -> Tensor {
        var tensor = tensor
        for index in tensor.values.indices { tensor.values[index] = factor * tensor.values[index] + offset }
        return tensor
    }

    /// The extent after a window moves over `extent` positions, and the position its first tap first stands on.
    private static func moves(_ extent: Int, _ window: Int, _ stride: Int, _ padding: Padding) -> (count: Int, start: Int) {
        guard padding != .valid else { return ((extent - window) / stride + 1, 0) }
        let count = (extent + stride - 1) / stride
        return (count, -(max((count - 1) * stride + window - extent, 0) / 2))
    }

    private static func source(_ place: Int, _ tap: Int, _ stride: Int, _ start: Int, _ extent: Int, _ padding: Padding) -> Int {
        let position = place * stride + start + tap
        return padding == .circular ? (position + extent) % extent : position
    }

    private static func filtered(_ tensor: Tensor, _ filter: [Int], _ strides: [Int], _ padding: Padding) -> Tensor {
        let extents = [tensor.height, tensor.width]
        let moves = (0..<2).map { self.moves(extents[$0], filter[$0], strides[$0], padding) }
        func look(_ point: Point, _ tap: Point) -> Point {
            (0..<2).map { source(point[$0], tap[$0], strides[$0], moves[$0].start, extents[$0], padding) }
        }
        return Tensor(moves[0].count, moves[1].count) { i, j in
            var sum = 0.0
            for a in 0..<filter[0] { for b in 0..<filter[1] { sum += tensor[look(i, [a, b]), look(j, [a, b])] } }
            return sum / Double(filter[0] * filter[1])
        }
    }

    private static func pool(
        _ tensor: Tensor, _ window: [Int], _ strides: [Int], _ padding: Padding, _ operation: PoolOperation, _ normalize: Bool
    ) -> Tensor {
        let extents = [tensor.height, tensor.width]
        let moves = (0..<2).map { self.moves(extents[$0], window[$0], strides[$0], padding) }
        func cells(_ point: Point) -> [Point] {
            (0..<window[0]).flatMap { a in
                (0..<window[1]).map { b in
                    [a, b].indices.map { source(point[$0], [a, b][$0], strides[$0], moves[$0].start, extents[$0], padding) }
                }
            }.filter { (0..<extents[0]).contains($0[0]) && (0..<extents[1]).contains($0[1]) }
        }
        func factor(_ point: Point) -> Double {
            operation == .sum ? 1 : 1 / Double(normalize ? cells(point).count : window[0] * window[1])
        }
        return Tensor(moves[0].count, moves[1].count) { i, j in
            var sum = 0.0
            for a in cells(i) { for b in cells(j) { sum += tensor[a, b] } }
            return sum * factor(i) * factor(j)
        }
    }

    private mutating func apply(_ nonlinearity: Nonlinearity) {
        let (x, xy, y) = (covariances[0], covariances[1], covariances[2])
        let theta = tangent
        covariances = [(x, x, x), (x, xy, y), (y, y, y)].map { p, c, q in
            Tensor(c.height, c.width) { i, j in dual(nonlinearity, p[i, i], q[j, j], c[i, j]).0 }
        }
        tangent = Tensor(xy.height, xy.width) { i, j in
            theta[i, j] * dual(nonlinearity, x[i, i], y[j, j], xy[i, j]).1
        }
    }
}
