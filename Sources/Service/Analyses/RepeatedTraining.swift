import FiniteNetworks
import JSON
import Jobs

/// A finished training of which one run is gone through again: `{"job", "run"?}`.
struct RepeatedTraining: Sendable {
    let job: String
    /// Its place among the training's runs.
    let run: Int
    let training: TrainingRequest

    /// Of the run alone: a training's runs are each width with all seeds, one width after the other.
    var width: Int? { training.widths?[run / training.seeds.count] }
    var seed: UInt64 { UInt64(training.seeds[run % training.seeds.count]) }
    var network: FiniteNetwork { training.networks[run / training.seeds.count] }

    /// Nil, with the faults recorded, where the member names none.
    init?(_ reader: RequestReader, _ name: String = "training") throws {
        guard let members = reader.members.requiredObject(name) else { return nil }
        let finished = FinishedTraining(members)
        members.finish()
        guard let finished else { return nil }
        (job, run) = (finished.job, finished.run)
        let pointer = members.pointer(to: "job")
        let specification = try reader.fact(pointer) { store, _ in try Self.specification(of: finished, in: store) }
        guard let specification, let stored = JobSpecification(specification.ownString) else { return nil }
        // The new job holds on to the rows of the old one, which may be removed before it runs.
        // One that has been removed is told once.
        let before = reader.faults.count
        for (place, reference) in stored.references where reader.faults.count == before {
            let own = place.split(separator: "/").reduce(pointer) { $0.appending(String($1)) }
            _ = try reader.reference(own) { store, _ in
                guard case .dataset(let id, _, _, _) = reference.source, try store.dataset(id) == nil else { return reference }
                return finished.refuse("job", "The training's dataset \(id) has been removed; upload it and train again.")
            }
        }
        // Whichever of the two paths it came by, it is a complete training.
        guard let training = try TrainingRequest(RequestReader(stored, kind: TrainingRequest.endpoints[0].kind)) else {
            members.fault(at: "job", "The training was made by another version of this program; train again.")
            return nil
        }
        self.training = training
    }

    /// What the training's own worker read, where the run came to an end that can be gone through again.
    private static func specification(of finished: FinishedTraining, in store: any JobStore) throws -> JSONValue? {
        guard let found = try finished.find(in: store) else { return nil }
        guard found.run["stop_reason"]?.text != StopReason.diverged.rawValue else {
            return finished.refuse("run", "This run diverged; name another one, or train with a smaller learning rate.")
        }
        guard let text = try store.spec(of: finished.job) else {
            return finished.refuse("job", "There is no job with this id; GET /jobs lists them.")
        }
        return try JSONParser.parse(text)
    }

    var json: JSONValue { ["job": .string(job), "run": .integer(run)] }
}
