import Architectures
import FiniteNetworks
import JSON

/// The experiment of the post that this project comes from ("Toward NNGP and NTK", part II; its code is rajatvd/NTK): the
/// function of one variable through two points, learned by networks of growing width.
struct PostExperiment {
    /// 1-m-m-1, ReLU, PyTorch's initialisation.
    let architecture = Architecture(
        parameterization: .pytorch,
        layers: [
            Self.dense(width: 100), Layer(.nonlinearity(.abRelu(a: 0, b: 1))), Self.dense(width: 100), Layer(.nonlinearity(.abRelu(a: 0, b: 1))),
            Self.dense(width: 1),
        ], at: JSONPointer.root.appending("architecture"))
    let x = JSONValue.tensor(JSONTensor(shape: [2, Self.features], values: [-3, 0.5]))
    let y = JSONValue.tensor(JSONTensor(shape: [2, 1], values: [2, -1]))
    /// Of a row of x.
    static let features = 1
    let widths = [10, 100, 1000]
    /// The post trained one network of each width; its figure shows a band here.
    let seeds = Array(0..<20)
    let loss = Loss.mean
    let optimizer = Optimizer.sgd(learningRate: 1e-3, momentum: 0)
    let steps = 1000
    let stopAtLoss = 1e-10

    private static func dense(width: Int) -> Layer {
        Layer(.dense(Dense(width: width, scales: AffineScales(weightStd: 1, biasStd: 1))))
    }
}
