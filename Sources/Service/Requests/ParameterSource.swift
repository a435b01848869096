import Architectures
import Arrays
import FiniteNetworks
import JSON
import Jobs

/// Where the parameters of finite networks come from.
enum ParameterSource: Sendable {
    /// A network drawn for each seed.
    case seeds([Int])
    /// One network's parameters as one row; `json` shows where they came from.
    case given(DataReference, member: String, json: JSONValue)

    /// How many networks there are.
    var count: Int { if case .seeds(let seeds) = self { seeds.count } else { 1 } }

    /// The member of a request that names it.
    var member: (name: String, value: JSONValue) {
        switch self {
        case .seeds(let seeds): ("seeds", .integers(seeds))
        case .given(_, let member, let json): (member, json)
        }
    }

    static let members = ["seeds", "parameters", "training", "network"]

    /// Reads whichever of ``members`` a request has; without any, the network of seed 0.
    ///
    /// - Returns: nil with a fault where it has several, or a faulty one.
    init?(_ reader: RequestReader, of network: FiniteNetwork?) throws {
        let members = reader.members
        let seeds = members.integers("seeds", in: 0..., count: 1...10_000)
        let found = Self.members.filter { members.has($0) && members.value($0) != .null }
        if let second = found.dropFirst().first {
            members.fault(at: second, "The parameters come from \(found[0]) already; leave \(second) or \(found[0]) out.")
            return nil
        }
        switch found.first {
        case "parameters":
            guard let parameters = try reader.parameters("parameters", of: network) else { return nil }
            self = .given(parameters, member: "parameters", json: ["inline": ["parameters": .integer(parameters.rowLength)]])
        case "training":
            guard let training = try TrainedNetwork(reader), let network else { return nil }
            guard training.parameters.rowLength == network.parameterCount else {
                members.fault(
                    at: "training", "The training's networks have \(training.parameters.rowLength) parameters, and this architecture \(network.parameterCount); leave architecture out to take that of the run.")
                return nil
            }
            self = .given(training.parameters, member: "training", json: training.json)
        case "network":
            guard let network, let stored = try StoredNetwork(reader) else { return nil }
            guard stored.parameters.rowLength == network.parameterCount else {
                members.fault(
                    at: "network", "This network has \(stored.parameters.rowLength) parameters, and the architecture \(network.parameterCount); leave architecture out to take its own.")
                return nil
            }
            self = .given(stored.parameters, member: "network", json: .string(stored.id))
        default:
            guard let list = seeds ?? (members.has("seeds") ? nil : [0]) else { return nil }
            var seen: Set<Int> = []
            for (index, seed) in list.enumerated() where !seen.insert(seed).inserted {
                reader.faults.add(members.pointer(to: "seeds").appending(index), "\(seed) is named twice; name it once.")
            }
            self = .seeds(list)
        }
    }
}

/// A network at a step of a finished training: `{"job", "run"?, "step"?}`, from the parameters that the training kept at its
/// `snapshot_steps`.
struct TrainedNetwork {
    /// One row.
    let parameters: DataReference
    let json: JSONValue

    /// Nil where the member is absent or faulty.
    init?(_ reader: RequestReader) throws {
        guard let members = reader.members.object("training") else { return nil }
        let (job, run, step) = (members.requiredString("job"), members.integer("run", in: 0...), members.integer("step", in: 0...))
        members.finish()
        guard let job else { return nil }
        let pointer = reader.members.pointer(to: "training")
        let search = Search(faults: reader.faults, pointer: pointer, job: job, run: run, step: step)
        let place = try reader.fact(pointer) { store, _ in try search.place(in: store) }
        guard let place, case .number(let foundRun) = place["run"], case .number(let foundStep) = place["step"],
            let foundRun = foundRun.integer, let foundStep = foundStep.integer
        else { return nil }
        let parameters = try reader.reference(pointer) { store, blobs in
            try search.parameters(run: foundRun, index: place["index"].flatMap { if case .number(let n) = $0 { n.integer } else { nil } } ?? 0, in: store, blobs)
        }
        guard let parameters else { return nil }
        self.parameters = parameters
        json = ["job": .string(job), "run": .integer(foundRun), "step": .integer(foundStep)]
    }

    /// The architecture of the run that the member names, with the run's width; nil where there is none.
    static func architecture(_ reader: RequestReader) throws -> Architecture? {
        guard let members = reader.members.object("training"), let job = members.string("job") else { return nil }
        let pointer = reader.members.pointer(to: "training")
        let search = Search(
            faults: reader.faults, pointer: pointer, job: job, run: members.integer("run", in: 0...), step: nil)
        let document = try reader.fact(pointer.appending("architecture")) { store, _ in try search.architecture(in: store) }
        guard let text = document?["architecture"] else { return nil }
        let architecture = ArchitectureParser.parse(text, at: pointer, faults: reader.faults)
        guard case .number(let width) = document?["width"], let width = width.integer else { return architecture }
        return architecture?.withHiddenWidth(width)
    }

    /// Looks a training's result up, and says what is wrong with it.
    private struct Search {
        let faults: Faults
        let pointer: JSONPointer
        let job: String
        let run: Int?
        let step: Int?

        private func refuse<Value>(_ member: String, _ detail: String) -> Value? {
            faults.add(pointer.appending(member), detail)
            return nil
        }

        private func result(in store: any JobStore) throws -> (document: JSONValue, arrays: [ResultArray])? {
            switch try store.result(of: job) {
            case .noSuchJob: return refuse("job", "There is no job with this id; GET /jobs lists them.")
            case .gone: return refuse("job", "The job's result has expired; train again.")
            case .notReady(let job): return refuse("job", "The job is \(job.state.rawValue); the parameters are those of a training that has succeeded.")
            case .found(let result, _):
                let document = try JSONParser.parse(result.document)
                guard document["runs"]?.elements != nil else { return refuse("job", "The job is no training; name a job of POST /trainings.") }
                return (document, result.arrays)
            }
        }

        /// The run's number and its part of the document.
        private func run(of document: JSONValue) -> (number: Int, run: JSONValue)? {
            let runs = document["runs"]?.elements ?? []
            if run == nil, runs.count > 1 {
                return refuse("run", "The training has \(runs.count) runs; say which by \"run\", from 0 to \(runs.count - 1).")
            }
            let number = run ?? 0
            guard number < runs.count else { return refuse("run", "The training has the runs 0 to \(runs.count - 1).") }
            return (number, runs[number])
        }

        func architecture(in store: any JobStore) throws -> JSONValue? {
            guard let (document, _) = try result(in: store), let (_, run) = run(of: document) else { return nil }
            return ["architecture": document["request"]?["architecture"] ?? .null, "width": run["width"] ?? .null]
        }

        func place(in store: any JobStore) throws -> JSONValue? {
            guard let (document, _) = try result(in: store), let (number, run) = run(of: document) else { return nil }
            let steps = run["snapshot_steps"]?.integers ?? []
            guard let last = steps.last else {
                return refuse("job", "The training kept no parameters; train with \"snapshot_steps\", such as [0, <the last step>].")
            }
            guard let index = step.map({ steps.firstIndex(of: $0) }) ?? steps.count - 1 else {
                return refuse("step", "The run's parameters were kept at the steps \(steps); name one of them, or train with it among snapshot_steps.")
            }
            return ["run": .integer(number), "step": .integer(step ?? last), "index": .integer(index)]
        }

        func parameters(run: Int, index: Int, in store: any JobStore, _ blobs: BlobStore) throws -> DataReference? {
            guard let (_, arrays) = try result(in: store) else { return nil }
            guard let array = arrays.first(where: { $0.name == "parameters_\(run)" }), array.shape.count == 2 else {
                return refuse("job", "The training kept no parameters; train with \"snapshot_steps\".")
            }
            let values = RowLoader.values(of: try MappedArray(of: array, in: blobs), row: index)
            return DataReference(source: .inline(JSONTensor(shape: [1, values.count], values: values)), rows: 1, shape: [values.count])
        }
    }
}
