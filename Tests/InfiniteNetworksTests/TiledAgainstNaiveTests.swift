import Architectures
import InfiniteNetworks
import Testing

/// The fused, tiled, threaded pass against the naive double loop, for random networks and sizes that no tile divides.
struct TiledAgainstNaiveTests {
    @Test(arguments: Array(1...12) as [UInt64])
    func agreesWithTheNaiveLoop(seed: UInt64) throws {
        print("seed \(seed)")
        var generator = SplitMix(state: seed)
        let dimension = Int.random(in: 2...40, using: &generator)
        // The naive loop is slow, so the large sizes are few.
        let largest = seed <= 2 ? 300 : 40
        let x1 = generator.matrix(Int.random(in: 1...largest, using: &generator), dimension)
        let x2 = seed % 2 == 0 ? generator.matrix(Int.random(in: 1...largest, using: &generator), dimension) : nil
        let architecture = randomArchitecture(&generator)
        let stack = try DenseStack(architecture, inputDimension: dimension)
        let results = try stack.results(x1, x2, threads: Int.random(in: 1...4, using: &generator))
        let others = x2 ?? x1
        #expect(stack.layerNames.count * x1.count * others.count == results.nngp.layers.count)
        func diagonal(_ x: [Double]) -> [(nngp: Double, ntk: Double)] { NaiveReference(architecture, x, x).slices }
        let scales = (x1.map(diagonal), others.map(diagonal))
        // The naive loop itself loses half its digits where a row meets itself.
        var (worst, worstOnDiagonal) = (0.0, 0.0)
        for i in x1.indices {
            for j in others.indices {
                let reference = NaiveReference(architecture, x1[i], others[j]).slices
                for layer in reference.indices {
                    let index = (layer * x1.count + i) * others.count + j
                    let (own, other) = (scales.0[i][layer], scales.1[j][layer])
                    let nngp = abs(results.nngp.layers[index] - reference[layer].nngp) / (own.nngp * other.nngp).squareRoot()
                    // Before the first trainable layer the NTK and its scale are both 0.
                    let ntkScale = max((own.ntk * other.ntk).squareRoot(), .leastNormalMagnitude)
                    let ntk = abs(results.ntk.layers[index] - reference[layer].ntk) / ntkScale
                    if x1[i] == others[j] {
                        worstOnDiagonal = max(worstOnDiagonal, nngp, ntk)
                    } else {
                        worst = max(worst, nngp, ntk)
                    }
                }
            }
        }
        #expect(worst < 1e-11, "seed \(seed)")
        #expect(worstOnDiagonal < 1e-6, "seed \(seed)")
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func threadsAndTilesAreInvisible(seed: UInt64) throws {
        print("seed \(seed)")
        var generator = SplitMix(state: seed &+ 100)
        let architecture = randomArchitecture(&generator)
        let stack = try DenseStack(architecture, inputDimension: 20)
        // 290 rows are cut into tiles of 80 for one thread and of 64 for more.
        let x = generator.matrix(290, 20)
        let single = try stack.results(x, threads: 1)
        for threads in [2, 4] {
            let several = try stack.results(x, threads: threads)
            for (one, other) in [(single.nngp.kernel, several.nngp.kernel), (single.ntk.kernel, several.ntk.kernel)] {
                // Tiles of other sizes may sum the Gram product in another order, no more.
                let scale = one.map(abs).max() ?? 0
                let difference = zip(one, other).map { abs($0 - $1) }.max()
                #expect((difference ?? 1) <= 1e-14 * scale)
            }
        }
        #expect(try stack.results(x, threads: 2).ntk.kernel == stack.results(x, threads: 2).ntk.kernel)
    }

    private func randomArchitecture(_ generator: inout SplitMix) -> Architecture {
        let parameterization: Parameterization = Bool.random(using: &generator) ? .ntk : .standard
        func affine() -> Layer {
            dense(
                Double.random(in: 0.5...2, using: &generator),
                Bool.random(using: &generator) ? 0 : Double.random(in: 0.05...1, using: &generator),
                width: Int.random(in: 1...100, using: &generator), trainable: Int.random(in: 0..<4, using: &generator) > 0)
        }
        func function() -> Layer {
            switch Int.random(in: 0..<7, using: &generator) {
            case 0: relu
            case 1: activation(.abRelu(a: 0.2, b: 1))
            case 2: activation(.abRelu(a: -1, b: 1))
            case 3: activation(.abRelu(a: Double.random(in: -1...1, using: &generator), b: 1.3))
            case 4: activation(.erf(a: 1, b: 1, c: 0))
            case 5: activation(.erf(a: 0.5, b: 0.4, c: 0.5))
            default: activation(.gelu)
            }
        }
        var layers: [Layer] = []
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: layers.append(Layer(.serial([affine(), function()])))
            case 1: layers.append(Layer(.repeat(times: 2, [affine(), function()])))
            case 2: layers += [affine(), Layer(.identity), function()]
            default: layers += [affine(), affine(), function()]
            }
        }
        return Architecture(parameterization: parameterization, layers: layers + [affine()])
    }
}
