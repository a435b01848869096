import Arrays
import JSON
import Jobs

/// The rows that a result's request names, as far as they are still to be had: inline, or of a dataset that has not been removed.
struct RequestRows {
    let request: JSONValue
    let blobs: BlobStore
    let dataset: (String) throws -> Dataset?

    /// Whether inputs are single numbers, which have a place on an axis.
    var areOnLine: Bool { request["input_shape"]?.integers == [1] }

    /// Inputs of one number; nil where the request no longer says them.
    func inputs(_ name: String) throws -> [Double]? { areOnLine ? try values(request[name], of: \.inputs) : nil }

    /// Targets row by row.
    func targets(_ name: String) throws -> [Double]? { try values(request[name], of: { $0.targets }) }

    private func values(_ data: JSONValue?, of part: (Dataset) -> Blob?) throws -> [Double]? {
        if let values = data?.doubles { return values }
        guard let id = data?["dataset"]?.text, let from = data?["rows"]?["from"]?.integer, let to = data?["rows"]?["to"]?.integer,
            let standardize = data?["standardize"]?.text.flatMap(Standardization.init), let blob = try dataset(id).flatMap(part)
        else { return nil }
        let length = try MappedArray(path: blobs.path(of: blob)).shape.axes.dropFirst().reduce(1, *)
        let rows = DataReference(
            source: .dataset(id: id, blob: blob, rows: from..<to, standardize: standardize), rows: to - from, shape: [length])
        return try RowLoader.values(of: rows, blobs: blobs)
    }
}
