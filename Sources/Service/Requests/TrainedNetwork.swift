import Architectures
import FiniteNetworks
import JSON
import Jobs

/// The network of a finished training and the shape of its inputs. They are known also where the run that is named cannot be
/// had, for the checks of what goes with it.
struct TrainedNetwork {
    let architecture: Architecture
    let inputShape: [Int]

    init(_ run: TrainedRun) { (architecture, inputShape) = (run.architecture, run.inputShape) }

    init(_ training: RepeatedTraining) { (architecture, inputShape) = (training.network.architecture, training.training.x.shape) }

    /// Nil where there is no such training; that is told where its run is looked for.
    ///
    /// - Parameters:
    ///   - training: `{"job"}`.
    ///   - pointer: Of `training`.
    init?(of training: JSONValue?, at pointer: JSONPointer, _ reader: RequestReader) throws {
        guard let job = training?["job"]?.text else { return nil }
        let place = pointer.appending("job")
        let request = try reader.fact(place) { store, _ in
            guard case .found(let result, let found) = try store.result(of: job),
                TrainingRequest.endpoints.contains(where: { $0.kind == found.kind })
            else { return nil }
            return try JSONParser.parse(result.document)["request"]
        }
        guard let request, let inputShape = request["input_shape"]?.integers,
            let architecture = request["architecture"].flatMap({ ArchitectureParser.parse($0, at: place, faults: Faults()) })
        else { return nil }
        // Hidden widths change neither what the network takes nor how many outputs it has.
        self.architecture = request["widths"] ?? .null == .null ? architecture : architecture.withHiddenWidth(1)
        self.inputShape = inputShape
    }
}

extension RequestReader {
    /// The network of such inputs. Where they do not fit those of the training that it comes from, it is that of the latter, so
    /// that no layer is held against other inputs.
    func finiteNetwork(_ architecture: Architecture, of trained: TrainedNetwork?, inputs: DataReference?, named name: String) -> FiniteNetwork? {
        guard let trained, inputs == nil, !members.has("input_shape") else { return finiteNetwork(architecture, inputs: inputs, named: name) }
        return FiniteNetwork(draft: architecture, inputShape: trained.inputShape, at: members.pointer(to: name), faults: faults)
    }
}
