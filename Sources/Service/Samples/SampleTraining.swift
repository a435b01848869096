import Dynamics
import InfiniteNetworks
import JSON

/// What a Gaussian process of samples is conditioned on.
struct SampleTraining: Sendable {
    let x: DataReference
    let y: DataReference
    let ridge: Ridge
    /// The NNGP's posterior, or the ensemble of networks trained to the end by gradient descent.
    let kind: KernelKind

    /// Nil where there are no training rows, or a fault was recorded.
    ///
    /// - Parameter process: Nil where it cannot be read. Beside one that takes no data, none is held against other data.
    init?(_ reader: RequestReader, process: SampleRequest.Process?, inputShape: [Int]?, x: DataReference?) throws {
        let members = reader.members
        let train = try reader.inputs("x_train", inputShape: inputShape)
        let takesData = process == .gaussian || process == nil
        let targets = try reader.targets("y_train", task: .regression, rows: takesData ? reader.rows(of: train, "x_train") : nil)
        kind = members.choice("kind", of: KernelKind.self, default: .nngp)
        ridge = Ridge(members)
        if takesData, members.hasValue("x_train") != members.hasValue("y_train") {
            let (there, missing) = members.hasValue("x_train") ? ("x_train", "y_train") : ("y_train", "x_train")
            members.fault(at: there, "A posterior takes x_train and y_train; send \(missing) too, or leave both out for the prior.")
        }
        if takesData, let train, let x, train.shape != x.shape {
            members.fault(at: "x_train", "Its rows have shape \(train.shape), those of x \(x.shape); both must be inputs of the same network.")
        }
        guard let train, let targets else { return nil }
        (self.x, y) = (train, targets)
    }

    var json: [(name: String, value: JSONValue)] {
        [("x_train", x.json), ("y_train", y.json), ("kind", .string(kind.rawValue)), ridge.member]
    }
}
