import Arrays
import HTTPServer
import JSON
import Jobs

/// An uploaded dataset on its way from a body on disk to blobs and a row of the store.
struct DatasetUpload {
    enum MediaType: String, CaseIterable {
        case json = "application/json"
        case csv = "text/csv"
        case npy = "application/x-npy"
        case npz = "application/x-npz"
    }

    private(set) var name: String
    let inputs: Blob
    private(set) var targets: Blob?
    private(set) var metadata: DatasetMetadata

    /// Reads the body at `path`. Files of a faulty upload are removed again.
    init(path: String, type: MediaType, query: Query, blobs: BlobStore) throws {
        switch type {
        case .json: try self.init(json: path, blobs: blobs)
        case .csv: try self.init(csv: path, query: query, blobs: blobs)
        case .npy: try self.init(npy: path, query: query, blobs: blobs)
        case .npz: try self.init(npz: path, query: query, blobs: blobs)
        }
        metadata.largestInput = Self.largest(in: try MappedArray(path: blobs.path(of: inputs)))
    }

    private static func largest(in array: MappedArray) -> Double? {
        if let values = array.elements(as: Double.self) { return values.reduce(0) { max($0, abs($1)) } }
        return array.elements(as: Float.self)?.reduce(0) { max($0, Double(abs($1))) }
    }

    /// The dataset's row. Its digest is that of its inputs' and targets' digests.
    var dataset: Dataset {
        Dataset(
            name: name, metadata: metadata.json.ownString, inputs: inputs, targets: targets,
            sha256: SHA256Hasher.digest(of: (inputs.sha256 + (targets?.sha256 ?? "")).utf8),
            bytes: inputs.bytes + (targets?.bytes ?? 0))
    }

    // MARK: Binary and CSV

    private init(npy path: String, query: Query, blobs: BlobStore) throws {
        let destination = blobs.makeTemporaryPath()
        let summary = try NPYConversion.convert(source: path, destination: destination)
        self.init(
            name: try Self.name(query), inputs: try blobs.commit(fileAt: destination), targets: nil,
            metadata: DatasetMetadata(rows: summary.shape.rows, inputShape: Self.rowShape(summary.shape)))
    }

    private init(npz path: String, query: Query, blobs: BlobStore) throws {
        let (inputPath, targetPath) = (blobs.makeTemporaryPath(), blobs.makeTemporaryPath())
        let summary = try NPZReader.read(path: path, inputs: inputPath, targets: targetPath)
        var metadata = DatasetMetadata(rows: summary.inputs.shape.rows, inputShape: Self.rowShape(summary.inputs.shape))
        var targets: Blob?
        if let shape = summary.targets?.shape {
            metadata.targetShape = Array(shape.axes.dropFirst())
            targets = try blobs.commit(fileAt: targetPath)
        }
        self.init(name: try Self.name(query), inputs: try blobs.commit(fileAt: inputPath), targets: targets, metadata: metadata)
        try countClasses(in: blobs)
    }

    private enum Header: String, CaseIterable { case present, absent }

    private init(csv path: String, query: Query, blobs: BlobStore) throws {
        let header = try query.choice("header", of: Header.self) ?? .absent
        let options = CSVOptions(hasHeader: header == .present, targets: query.all("target"))
        let (inputPath, targetPath) = (blobs.makeTemporaryPath(), blobs.makeTemporaryPath())
        let summary = try CSVReader.read(path: path, options: options, inputs: inputPath, targets: targetPath)
        var metadata = DatasetMetadata(rows: summary.rows, inputShape: [summary.inputColumns])
        var targets: Blob?
        if !summary.targets.isEmpty {
            metadata.targetShape = [summary.targets.count]
            targets = try blobs.commit(fileAt: targetPath)
        }
        if summary.targets.count == 1, case .labels(let names) = summary.targets[0].values {
            metadata.classes = names.count
            metadata.classNames = names
        }
        self.init(name: try Self.name(query), inputs: try blobs.commit(fileAt: inputPath), targets: targets, metadata: metadata)
        try countClasses(in: blobs)
    }

    private static func name(_ query: Query) throws -> String {
        let name = try query.one("name") ?? ""
        guard name.count <= 200 else { throw Problem(.invalidRequest, "A dataset's name has at most 200 characters.") }
        return name
    }

    /// The shape of one row; a plain list of numbers is rows of one feature.
    private static func rowShape(_ shape: ArrayShape) -> [Int] { shape.axes.count > 1 ? Array(shape.axes.dropFirst()) : [1] }

    // MARK: JSON

    private init(json path: String, blobs: BlobStore) throws {
        let file = try MappedFile(path: path)
        let body = try JSONParser.parse(file.bytes)
        let faults = Faults()
        guard let reader = ObjectReader(body, at: .root, faults: faults) else { throw Problem.invalidDocument(faults) }
        let name = reader.string("name", length: 0...200, default: "")
        guard let generator = reader.value("generator") else {
            try self.init(values: reader, name: name, blobs: blobs)
            return
        }
        let parsed = Self.generator(generator, at: reader.pointer(to: "generator"), faults: faults)
        reader.finish()
        guard faults.isEmpty, let parsed else { throw Problem.invalidDocument(faults) }
        let (inputPath, targetPath) = (blobs.makeTemporaryPath(), blobs.makeTemporaryPath())
        try parsed.write(inputs: inputPath, targets: targetPath)
        self.init(
            name: name, inputs: try blobs.commit(fileAt: inputPath), targets: try blobs.commit(fileAt: targetPath),
            metadata: DatasetMetadata(rows: parsed.rows, inputShape: [parsed.features], targetShape: [1]))
    }

    private static func generator(_ value: JSONValue, at pointer: JSONPointer, faults: Faults) -> DatasetGenerator? {
        guard let reader = ObjectReader(value, at: pointer, faults: faults) else { return nil }
        let before = faults.count
        let kind = reader.requiredChoice("type", of: DatasetGenerator.Kind.self)
        let rows = reader.integer("rows", in: 1...10_000_000)
        let features = reader.integer("features", in: 1...100_000)
        let seed = reader.integer("seed", in: 0..., default: 0)
        let noise = reader.number("noise", in: .nonNegative, default: 0)
        reader.finish()
        if let kind { check(kind, rows: rows, features: features, noise: noise, reader) }
        guard faults.count == before, let kind else { return nil }
        do throws(ArrayError) {
            guard Forecast.product(rows ?? 2, features ?? 1, 8) <= 1 << 30 else {
                throw ArrayError(.invalidValue, "the dataset would have more than 1 GiB; ask for fewer rows or features")
            }
            return try DatasetGenerator(kind, rows: rows, features: features, seed: UInt64(seed), noise: noise)
        } catch {
            faults.add(pointer, Problem.sentence(error.message))
            return nil
        }
    }

    /// What a generator does not allow, member by member.
    private static func check(_ kind: DatasetGenerator.Kind, rows: Int?, features: Int?, noise: Double, _ reader: ObjectReader) {
        if kind != .twoPoints, !reader.has("rows") { reader.fault(at: "rows", "A \(kind.rawValue) dataset needs its number of rows.") }
        if kind == .twoPoints, let rows, rows != 2 { reader.fault(at: "rows", "The two points are 2 rows, not \(rows); leave rows out.") }
        if kind == .twoPoints, noise != 0 { reader.fault(at: "noise", "The two points have no noise; leave noise out.") }
        let only = kind == .twoPoints ? 1 : kind == .circle ? 2 : nil
        if let features, let only, features != only {
            reader.fault(at: "features", "A \(kind.rawValue) dataset has \(only) features, not \(features); leave features out.")
        }
        if kind == .sphere, features == 1 { reader.fault(at: "features", "A sphere has at least 2 features, not 1.") }
    }

    private init(values reader: ObjectReader, name: String, blobs: BlobStore) throws {
        let faults = reader.faults
        let inputShape = reader.integers("input_shape", in: 1..., count: 1...3)
        let data = DataReader(store: nil, blobs: blobs, faults: faults)
        let inputs = reader.requiredValue("inputs").flatMap {
            data.inlineInputs($0, at: reader.pointer(to: "inputs"), inputShape: inputShape)
        }
        var targets: JSONTensor?
        if let value = reader.value("targets"), value != .null {
            if let rows = inputs?.rows ?? reader.value("inputs")?.rowCount, let count = value.targetCount, count != rows {
                reader.fault(at: "targets", "There are \(count) targets for \(rows) inputs; give every input its target.")
            }
            switch value {
            case .tensor(let tensor): targets = tensor
            case .array(let elements): data.raggedTargets(elements, at: reader.pointer(to: "targets"))
            default:
                reader.fault(at: "targets", "These must be numbers [1, 0, 2] or equally long rows of numbers [[1, 0], [0, 1]], not \(value.kind).")
            }
        }
        reader.finish()
        guard faults.isEmpty, let inputs, case .inline(let tensor) = inputs.source else { throw Problem.invalidDocument(faults) }
        let inputBlob = try blobs.store(tensor.values, shape: [inputs.rows] + inputs.shape)
        let targetBlob = try targets.map { try blobs.store($0.values, shape: $0.shape) }
        self.init(
            name: name, inputs: inputBlob, targets: targetBlob,
            metadata: DatasetMetadata(
                rows: inputs.rows, inputShape: inputs.shape, targetShape: targets.map { Array($0.shape.dropFirst()) }))
        try countClasses(in: blobs)
    }

    // MARK: Classes

    private init(name: String, inputs: Blob, targets: Blob?, metadata: DatasetMetadata) {
        self.name = name
        self.inputs = inputs
        self.targets = targets
        self.metadata = metadata
    }

    /// Single targets that are all 0, 1, ..., with no more classes than rows, are class indices.
    private mutating func countClasses(in blobs: BlobStore) throws {
        guard metadata.classes == nil, let targets, metadata.targetShape == [] || metadata.targetShape == [1] else { return }
        let values = RowLoader.values(of: try MappedArray(path: blobs.path(of: targets)), rows: 0..<metadata.rows)
        guard let highest = values.max(), highest < Double(min(values.count, 10_000)),
            values.allSatisfy({ $0 >= 0 && $0 == $0.rounded() })
        else { return }
        metadata.classes = Int(highest) + 1
    }
}
