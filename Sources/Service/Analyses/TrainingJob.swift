import FiniteNetworks
import JSON
import Jobs

/// A run of a finished training, which another request looks at again: `{"job", "run"?}`.
struct TrainingJob: Sendable {
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
        let job = members.requiredString("job")
        run = members.integer("run", in: 0..., default: 0)
        members.finish()
        guard let job else { return nil }
        self.job = job
        let pointer = members.pointer(to: "job")
        let specification = try reader.fact(pointer) { [run] store, _ in
            try Self.specification(of: job, run: run, in: store, members)
        }
        guard let specification, let stored = JobSpecification(specification.ownString) else { return nil }
        // The new job holds on to the rows of the old one, which may be removed before it runs.
        for (place, reference) in stored.references where reader.faults.isEmpty {
            let own = place.split(separator: "/").reduce(pointer) { $0.appending(String($1)) }
            _ = try reader.reference(own) { store, _ in
                guard case .dataset(let id, _, _, _) = reference.source, try store.dataset(id) == nil else { return reference }
                members.fault(at: "job", "The training's dataset \(id) has been removed; upload it and train again.")
                return nil
            }
        }
        // Whichever of the two paths it came by, it is a complete training.
        guard let training = try TrainingRequest(RequestReader(stored, kind: TrainingRequest.endpoints[0].kind)) else {
            members.fault(at: "job", "The training was made by another version of this program; train again.")
            return nil
        }
        self.training = training
    }

    /// What the training's own worker read, where the job is a training that has come to its end.
    private static func specification(of job: String, run: Int, in store: any JobStore, _ members: ObjectReader) throws -> JSONValue? {
        func refuse(_ detail: String, at name: String = "job") -> JSONValue? {
            members.fault(at: name, detail)
            return nil
        }
        switch try store.result(of: job) {
        case .noSuchJob: return refuse("There is no job with this id; GET /jobs lists them.")
        case .gone: return refuse("The job's result has expired; train again.")
        case .notReady(let found): return refuse("The job is \(found.state.rawValue); this takes a training that has succeeded.")
        case .found(let result, let found):
            guard TrainingRequest.endpoints.contains(where: { $0.kind == found.kind }), let text = try store.spec(of: job) else {
                return refuse("The job is of the kind \(found.kind) and no training.")
            }
            let runs = try JSONParser.parse(result.document)["runs"]?.elements ?? []
            guard run < runs.count else { return refuse("The training has the runs 0 to \(runs.count - 1).", at: "run") }
            guard runs[run]["stop_reason"]?.text != StopReason.diverged.rawValue else {
                return refuse("This run diverged; name another one, or train with a smaller learning rate.", at: "run")
            }
            return try JSONParser.parse(text)
        }
    }

    var json: JSONValue { ["job": .string(job), "run": .integer(run)] }
}
