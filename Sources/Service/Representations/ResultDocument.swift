import Arrays
import HTTPServer
import HTTPTypes
import JSON
import Jobs

/// The result document of a finished job: what the worker wrote, with the arrays' places and, where they are small, their values.
struct ResultDocument {
    enum Inline: String, CaseIterable {
        /// Values of all arrays together up to ``automaticElements``.
        case automatic = "auto"
        case all, none
    }

    static let automaticElements = 1_000_000

    /// A stretch of text, or an array whose text is made when it is its turn.
    private enum Segment {
        case text([UInt8])
        case array(ArrayRegion)
    }

    private var segments: [Segment] = []
    private var elements = 0

    /// - Parameter job: Where the job's own document is to be wrapped around: its text with the result as a last member.
    init(_ result: ComputedResult, of job: Job, inline: Inline, blobs: BlobStore, wrappedIn wrapper: JobDocument? = nil) throws {
        let stored = try JSONParser.parse(result.document)
        let total = result.arrays.reduce(0) { $0 + $1.shape.reduce(1, *) }
        let showsValues = inline == .all || inline == .automatic && total <= Self.automaticElements
        if let wrapper { append(wrapper.body.dropLast() + Array(",\"result\":".utf8)) }
        append("{\"kind\":\(JSONValue.string(job.kind).ownString),\"request\":\((stored["request"] ?? .null).ownString),\"arrays\":{")
        for (index, array) in result.arrays.enumerated() {
            let place: JSONValue = [
                "shape": .integers(array.shape), "dtype": .string(array.dtype), "href": .string("/jobs/\(job.id)/result/\(array.name)"),
                "bytes": .integer(array.blob.bytes), "sha256": .string(array.blob.sha256),
            ]
            append("\(index > 0 ? "," : "")\(JSONValue.string(array.name).ownString):")
            append(place.ownText.dropLast())
            if showsValues {
                append(",\"values\":")
                let region = try ArrayRegion(MappedArray(of: array, in: blobs))
                segments.append(.array(region))
                elements += region.shape.count
            }
            append("}")
        }
        let plots = ResultPlots(stored, kind: job.kind, arrays: result.arrays, blobs: blobs).json(jobID: job.id)
        append("},\"plots\":\(plots.ownString)")
        if case .object(let object) = stored {
            for member in object.members where member.name != "request" && member.name != "kind" {
                append(",\(JSONValue.string(member.name).ownString):")
                append(try member.value.serialized())
            }
        }
        append(wrapper == nil ? "}" : "}}")
    }

    func response(status: HTTPResponse.Status = .ok, fields: ResponseFields, pool: BlockingPool) throws -> Response {
        var pieces = Pieces(segments: segments)
        guard elements > ArrayRepresentation.wholeElements else {
            var bytes: [UInt8] = []
            while let piece = try pieces.next() { bytes += piece }
            return Response(status: status, fields: fields, body: .bytes(bytes))
        }
        return Response(status: status, fields: fields, body: .source(PieceSource(on: pool) { try pieces.next() }, length: nil))
    }

    private struct Pieces {
        let segments: [Segment]
        var index = 0
        var array: TextPieces?

        mutating func next() throws -> [UInt8]? {
            while true {
                if let piece = try array?.next() { return piece }
                array = nil
                guard index < segments.count else { return nil }
                defer { index += 1 }
                switch segments[index] {
                case .text(let bytes): return bytes
                case .array(let region): array = TextPieces(region: region, format: .json)
                }
            }
        }
    }

    private mutating func append(_ text: String) { append(Array(text.utf8)) }

    private mutating func append(_ bytes: some Sequence<UInt8>) {
        if case .text(var text) = segments.last {
            // Out of the list while it grows, so that it has one owner and is not copied: a result may have thousands of arrays.
            segments.removeLast()
            text += bytes
            segments.append(.text(text))
        } else {
            segments.append(.text(Array(bytes)))
        }
    }
}
