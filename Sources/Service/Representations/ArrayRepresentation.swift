import Arrays
import HTTPServer
import HTTPTypes
import JSON

/// An array on disk as a client asked to see it: a format, and rows and columns of it.
struct ArrayRepresentation {
    /// About how many bytes are made at a time: as many as may wait for a client that does not read.
    static let pieceBytes = 64 << 10
    /// Up to this many elements a body is made in one go and has a known length.
    static let wholeElements = 1 << 14

    let name: String
    let region: ArrayRegion
    let format: ArrayFormat
    let etag: String

    /// - Parameters:
    ///   - name: What a picture calls the array.
    ///   - sha256: The digest of the array's file, which makes the entity tag.
    init(of array: MappedArray, named name: String, sha256: String, query: Query, accept: String?) throws {
        self.name = name
        let rows = try query.one("rows")
        let columns = try query.one("columns")
        let format = try Self.format(query, accept: accept)
        region = try ArrayRegion(array, rows: rows, columns: columns)
        self.format = format
        let slice = rows == nil && columns == nil ? "" : "-r\(region.rows.lowerBound).\(region.rows.upperBound)-c\(region.columns.lowerBound).\(region.columns.upperBound)"
        // A picture is also that of a version of the program, and of a name.
        let drawing = format == .svg ? "-\(name)-\(Version.text)" : ""
        etag = EntityTag.strong("\(sha256)-\(format.rawValue)\(slice)\(drawing)")
    }

    private static func format(_ query: Query, accept: String?) throws(Problem) -> ArrayFormat {
        if try query.one("format") == "png" { throw Problem.noPNG }
        if let format = try query.choice("format", of: ArrayFormat.self) { return format }
        let offers = ArrayFormat.allCases.map { (name: $0.mediaType.prefix { $0 != ";" }, format: $0) }
        guard let chosen = Negotiation.choose(accept, among: offers.map { String($0.name) }),
            let offer = offers.first(where: { $0.name == chosen })
        else {
            throw Problem(
                .notAcceptable,
                "An array is given as application/json, application/x-npy, text/csv or image/svg+xml; name one of them in Accept or as ?format=.",
                members: [("available", .strings(ArrayFormat.allCases.map { String($0.mediaType.prefix { $0 != ";" }) }))])
        }
        return offer.format
    }

    func response(to head: RequestHead, pool: BlockingPool) throws -> Response {
        var fields: ResponseFields = [
            .contentType: format.mediaType, .eTag: etag, .vary: "Accept", .cacheControl: "private, max-age=31536000, immutable",
        ]
        if EntityTag.matches(etag, ifNoneMatch: head.fields) { return Response(status: .notModified, fields: fields) }
        switch format {
        case .npy: return npy(head, fields: fields, pool: pool)
        case .svg:
            fields[.acceptRanges] = "none"
            return Response(status: .ok, fields: fields, body: .bytes(Array(ArrayPicture(name: name, region: region).figure.svg.utf8)))
        case .json, .csv:
            fields[.acceptRanges] = "none"
            var pieces = TextPieces(region: region, format: format)
            guard region.shape.count > Self.wholeElements else {
                var bytes: [UInt8] = []
                while let piece = try pieces.next() { bytes += piece }
                return Response(status: .ok, fields: fields, body: .bytes(bytes))
            }
            return Response(status: .ok, fields: fields, body: .source(PieceSource(on: pool) { try pieces.next() }, length: nil))
        }
    }

    /// The binary form has a known length, so byte ranges of it can be asked for, of slices too.
    private func npy(_ head: RequestHead, fields: ResponseFields, pool: BlockingPool) -> Response {
        var fields = fields
        fields[.acceptRanges] = "bytes"
        let length = region.npyByteCount
        // Ranges are defined for GET alone (RFC 9110 section 14.2).
        let answer = head.method == .get ? ByteRange.read(head.fields, length: length, etag: etag) : .whole
        let range: Range<Int>
        switch answer {
        case .whole: range = 0..<length
        case .part(let part):
            range = part
            fields[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(length)"
        case .unsatisfiable:
            return Problem(
                .rangeNotSatisfiable, "The content has \(length) bytes; ask for a range within them.",
                fields: [.contentRange: "bytes */\(length)"]
            ).response(requestID: head.id)
        }
        let region = region
        var position = range.lowerBound
        func next() -> [UInt8]? {
            guard position < range.upperBound else { return nil }
            let end = min(position + Self.pieceBytes, range.upperBound)
            var piece: [UInt8] = []
            piece.reserveCapacity(end - position)
            region.appendNPY(position..<end, to: &piece)
            position = end
            return piece
        }
        let status: HTTPResponse.Status = answer == .whole ? .ok : .partialContent
        guard range.count > Self.pieceBytes else {
            return Response(status: status, fields: fields, body: .bytes(next() ?? []))
        }
        return Response(status: status, fields: fields, body: .source(PieceSource(on: pool, next: next), length: range.count))
    }
}

/// The text of a region, made some rows at a time.
struct TextPieces {
    private let region: ArrayRegion
    private let format: ArrayFormat
    private var json: JSONArrayText
    private var row = 0

    init(region: ArrayRegion, format: ArrayFormat) {
        self.region = region
        self.format = format
        json = JSONArrayText(shape: region.shape.axes)
    }

    /// The next piece, nil at the end. Numbers take up to 25 bytes, so a piece has about as many elements as fit.
    mutating func next() throws -> [UInt8]? {
        guard row < region.rows.count else { return nil }
        let count = max(1, ArrayRepresentation.pieceBytes / (20 * max(1, region.rowLength)))
        let rows = row..<min(row + count, region.rows.count)
        row = rows.upperBound
        var bytes: [UInt8] = []
        bytes.reserveCapacity(ArrayRepresentation.pieceBytes + ArrayRepresentation.pieceBytes / 4)
        switch format {
        case .csv: CSVWriter(region).append(rows: rows, to: &bytes)
        default:
            for index in rows {
                if let values = region.row(index, as: Double.self) {
                    try json.append(values, to: &bytes)
                } else if let values = region.row(index, as: Float.self) {
                    try json.append(values, to: &bytes)
                }
            }
        }
        return bytes
    }
}
