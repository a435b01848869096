import JSON
import Jobs

/// Finds a run of a finished training, on the server, for a request that names it: `{"job", "run"?}`.
struct FinishedTraining {
    let job: String
    /// Its place among the training's runs; the first where the request leaves it out.
    let run: Int
    private let members: ObjectReader

    /// Nil with a fault where no job is named.
    ///
    /// - Parameter members: The object with `job`, which the caller finishes.
    init?(_ members: ObjectReader) {
        let job = members.requiredString("job")
        run = members.integer("run", in: 0..., default: 0)
        guard let job else { return nil }
        (self.job, self.members) = (job, members)
    }

    struct Found {
        /// As the training understood it.
        let request: JSONValue
        /// What the training's result says of this run.
        let run: JSONValue
        let arrays: [ResultArray]
    }

    /// Nil with a fault where there is no such run.
    func find(in store: any JobStore) throws -> Found? {
        switch try store.result(of: job) {
        case .noSuchJob: return refuse("job", "There is no job with this id; GET /jobs lists them.")
        case .gone: return refuse("job", "The job's result has expired; train again.")
        case .notReady(let found), .partial(_, let found): return refuse("job", "The job is \(found.state.rawValue); this takes a training that has succeeded.")
        case .found(let result, let found):
            let document = try JSONParser.parse(result.document)
            guard TrainingRequest.endpoints.contains(where: { $0.kind == found.kind }), let runs = document["runs"]?.elements,
                let request = document["request"]
            else { return refuse("job", "The job is of the kind \(found.kind) and no training; name a job of POST /trainings.") }
            guard run < runs.count else { return refuse("run", "There is no run \(run); the training has the runs 0 to \(runs.count - 1).") }
            return Found(request: request, run: runs[run], arrays: result.arrays)
        }
    }

    /// Records what keeps this training from being used.
    func refuse<Value>(_ name: String, _ detail: String) -> Value? {
        members.fault(at: name, detail)
        return nil
    }
}
