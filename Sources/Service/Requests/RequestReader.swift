import Architectures
import Arrays
import JSON
import Jobs

/// Reads a job's document: the client's on the server, where data are looked up in the store, or a stored specification in
/// the worker, where they have been looked up already.
final class RequestReader {
    private enum Origin {
        case client(store: any JobStore, blobs: BlobStore)
        case specification(JobSpecification)
    }

    /// The job's kind, which tells the paths of one request type apart.
    let kind: String
    let members: ObjectReader
    private let origin: Origin
    /// Of the document that this one is part of.
    private let parent: RequestReader?
    /// The data that were read, by the pointers of their members; what a worker finds instead of looking them up.
    private(set) var references: [JSONPointer: DataReference] = [:]
    /// What is known of data that were read, or could not be, by the pointers of their members.
    private var outlines: [JSONPointer: RowOutline] = [:]
    /// What was looked up beside data, by the pointers of the members that named it.
    private(set) var facts: [JSONPointer: JSONValue] = [:]

    var faults: Faults { members.faults }

    /// Reads a client's document.
    ///
    /// - Throws: ``Problem`` where it is no object.
    init(_ body: JSONValue, kind: String, store: any JobStore, blobs: BlobStore) throws(Problem) {
        let faults = Faults()
        guard let members = ObjectReader(body, at: .root, faults: faults) else { throw Problem.invalidDocument(faults) }
        self.kind = kind
        self.members = members
        origin = .client(store: store, blobs: blobs)
        parent = nil
    }

    /// Reads a stored specification back.
    init(_ specification: JobSpecification, kind: String) {
        self.kind = kind
        members = ObjectReader(specification.request, at: .root, faults: Faults())
        origin = .specification(specification)
        parent = nil
    }

    /// Reads a part of a document that is a request of another kind; what is looked up for it is kept with the whole.
    init(_ members: ObjectReader, kind: String, in parent: RequestReader) {
        self.kind = kind
        self.members = members
        self.parent = parent
        origin = parent.origin
    }

    /// Records a fault for each member nobody asked for. A specification may have more than clients send (its defaults).
    func finish() {
        if case .client = origin { members.finish() }
    }

    /// The architecture of a member, checked on its own; a draft where faults were recorded, for the checks that follow.
    func architecture(_ name: String = "architecture", for purpose: Purpose) -> Architecture? {
        members.requiredValue(name).flatMap {
            ArchitectureParser.draft($0, at: members.pointer(to: name), for: purpose, faults: faults)
        }
    }

    /// The rows that a member names; nil where it is absent, null or faulty.
    ///
    /// - Parameters:
    ///   - inputShape: The request's `input_shape`: how an inline row folds.
    ///   - trained: Whose inputs they are where the request has no shape of its own.
    ///   - stored: Into whose inputs flat rows fold where the request has no shape of its own.
    func inputs(
        _ name: String, in object: ObjectReader? = nil, inputShape: [Int]? = nil, of trained: TrainedNetwork? = nil,
        foldedFor stored: StoredNetwork? = nil
    ) throws -> DataReference? {
        if (object ?? members).value(name) == .null { return nil }
        return try someInputs(name, in: object, inputShape: inputShape, of: trained, foldedFor: stored)
    }

    /// - Parameter ordinary: What an absent member stands for; nil where it must be there.
    func requiredInputs(
        _ name: String, in object: ObjectReader? = nil, inputShape: [Int]? = nil, of trained: TrainedNetwork? = nil,
        foldedFor stored: StoredNetwork? = nil, default ordinary: JSONValue? = nil
    ) throws -> DataReference? {
        guard ordinary != nil || (object ?? members).requiredValue(name) != nil else { return nil }
        return try someInputs(name, in: object, inputShape: inputShape, of: trained, foldedFor: stored, default: ordinary)
    }

    private func someInputs(
        _ name: String, in object: ObjectReader?, inputShape: [Int]?, of trained: TrainedNetwork?, foldedFor stored: StoredNetwork?,
        default ordinary: JSONValue? = nil
    ) throws -> DataReference? {
        try data(name, in: object, default: ordinary) { reader, value, pointer in
            reader.isShapeOfTraining = inputShape == nil && trained != nil
            // An architecture of the request's own may mean flat rows.
            reader.storedShape = inputShape == nil && !members.has("architecture") ? stored?.inputShape : nil
            return try reader.inputs(value, at: pointer, inputShape: inputShape ?? trained?.inputShape)
        }
    }

    /// How many rows a member has; known also where not all of them can be read.
    func rows(of inputs: DataReference?, _ name: String) -> Int? { inputs?.rows ?? outline(name).rows }

    /// What is known of the data of a member, once they were read.
    func outline(_ name: String) -> RowOutline { outlines[members.pointer(to: name)] ?? RowOutline() }

    func keep(_ outline: RowOutline, at pointer: JSONPointer) { outlines[pointer] = outline }

    /// The targets that a member names; nil where it is absent, null, or faulty beyond their number.
    ///
    /// - Parameters:
    ///   - task: What they mean; nil where that is not known.
    ///   - rows: Of the inputs, each of which has one.
    func targets(_ name: String, in object: ObjectReader? = nil, task: LearningTask?, rows: Int?) throws -> DataReference? {
        if (object ?? members).value(name) == .null { return nil }
        return try someTargets(name, in: object, task: task, rows: rows)
    }

    private func someTargets(
        _ name: String, in object: ObjectReader?, task: LearningTask?, rows: Int?, default ordinary: JSONValue? = nil
    ) throws -> DataReference? {
        try data(name, in: object, default: ordinary) { reader, value, pointer in
            let targets = try reader.targets(value, at: pointer, task: task)
            reader.checkCount(rows: rows, at: pointer)
            guard let targets, reader.check(targets, task: task, at: pointer) else { return nil }
            return targets
        }
    }

    /// - Parameter ordinary: What an absent member stands for; nil where it must be there.
    func requiredTargets(
        _ name: String, in object: ObjectReader? = nil, task: LearningTask?, rows: Int?, default ordinary: JSONValue? = nil
    ) throws -> DataReference? {
        guard ordinary != nil || (object ?? members).requiredValue(name) != nil else { return nil }
        return try someTargets(name, in: object, task: task, rows: rows, default: ordinary)
    }

    private func data(
        _ name: String, in object: ObjectReader?, default ordinary: JSONValue? = nil,
        _ read: (inout DataReader, JSONValue, JSONPointer) throws -> DataReference?
    ) throws -> DataReference? {
        let object = object ?? members
        guard let value = object.value(name) ?? ordinary else { return nil }
        return try reference(object.pointer(to: name)) { store, blobs in
            var reader = DataReader(store: store, blobs: blobs, faults: faults)
            defer { keep(reader.outline, at: object.pointer(to: name)) }
            return try read(&reader, value, object.pointer(to: name))
        }
    }

    /// Data found by a look-up of the caller's on the server, and the same data again in the worker.
    ///
    /// - Parameter find: Records a fault and gives nil where there is nothing to be found.
    func reference(_ pointer: JSONPointer, _ find: (any JobStore, BlobStore) throws -> DataReference?) throws -> DataReference? {
        switch origin {
        case .client(let store, let blobs):
            let found = try find(store, blobs)
            keep(found, at: pointer)
            return found
        case .specification(let specification):
            let found = specification.references[pointer.description]
            keep(found, at: pointer)
            return found
        }
    }

    private func keep(_ reference: DataReference?, at pointer: JSONPointer) {
        references[pointer] = reference
        parent?.keep(reference, at: pointer)
    }

    /// Something small found by a look-up of the caller's on the server (a document of another job), and the same in the worker.
    func fact(_ pointer: JSONPointer, _ find: (any JobStore, BlobStore) throws -> JSONValue?) throws -> JSONValue? {
        switch origin {
        case .client(let store, let blobs):
            let found = try find(store, blobs)
            keep(found, at: pointer)
            return found
        case .specification(let specification):
            let found = specification.facts[pointer.description]
            keep(found, at: pointer)
            return found
        }
    }

    private func keep(_ fact: JSONValue?, at pointer: JSONPointer) {
        facts[pointer] = fact
        parent?.keep(fact, at: pointer)
    }
}
