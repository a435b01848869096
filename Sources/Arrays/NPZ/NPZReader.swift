/// Reads an .npz archive (a zip file of .npy files) into stored arrays.
///
/// The member `inputs.npy` (or `x.npy`) is the inputs and `targets.npy` (or `y.npy`), if it is there, the targets. Other members are not
/// looked into, and no member's name becomes a path.
public enum NPZReader {
    /// Beyond these an archive is refused as `tooLarge`.
    public struct Limits: Sendable {
        /// Bytes of all arrays that are read, inflated.
        public var size = 1 << 30
        /// Inflated over deflated bytes of a member, once a mebibyte is inflated.
        public var ratio = 100

        public init() {}
    }

    public struct Summary: Sendable, Equatable {
        public let inputs: NPYConversion.Summary
        public let targets: NPYConversion.Summary?
    }

    /// Reads the archive at `path` into new .npy files at `inputs` and, if it has targets, at `targets`.
    ///
    /// The arrays are taken by the rules of ``NPYConversion``; targets have as many rows as inputs.
    /// - Throws: ``ArrayError``: `malformed` for a broken or lying archive or a wrong checksum, `unsupported` for encryption and
    ///   methods other than stored and deflated, `invalidValue` if the inputs are missing or the rows differ, `tooLarge`,
    ///   `storageFull`. No file is left then.
    public static func read(path: String, limits: Limits = Limits(), inputs: String, targets: String) throws(ArrayError) -> Summary {
        let file = try MappedFile(path: path)
        defer { withExtendedLifetime(file) {} }
        let directory = try ZipDirectory(file.bytes)
        guard let inputMember = try member(["inputs.npy", "x.npy"], of: directory) else {
            let found = directory.members.prefix(10).map { quoted($0.name) }.joined(separator: ", ")
            throw ArrayError(.invalidValue, "the .npz archive has no array named inputs or x\(found.isEmpty ? "" : ", only \(found)"); write it with numpy.savez(file, inputs=..., targets=...)")
        }
        let targetMember = try member(["targets.npy", "y.npy"], of: directory)
        let (total, overflow) = inputMember.size.addingReportingOverflow(targetMember?.size ?? 0)
        guard !overflow, total <= limits.size else {
            throw ArrayError(.tooLarge, "the arrays of the .npz archive are more than \(limits.size) bytes long; send smaller ones")
        }

        // The arrays lie in files that go with these objects unless both turn out well.
        let inputArray = try array(inputMember, file.bytes, limits, name: "inputs", destination: inputs)
        guard let targetMember else {
            try inputArray.finish()
            return Summary(inputs: NPYConversion.Summary(inputArray), targets: nil)
        }
        let targetArray = try array(targetMember, file.bytes, limits, name: "targets", destination: targets)
        guard inputArray.shape.rows == targetArray.shape.rows else {
            throw ArrayError(.invalidValue, "inputs have \(inputArray.shape.rows) rows and targets \(targetArray.shape.rows); give every input its target")
        }
        try ArrayFile.finish(inputArray, targetArray)
        return Summary(inputs: NPYConversion.Summary(inputArray), targets: NPYConversion.Summary(targetArray))
    }

    private static func member(_ names: [String], of directory: ZipDirectory) throws(ArrayError) -> ZipDirectory.Member? {
        let found = directory.members.filter { names.contains($0.name) }
        guard found.count < 2 else {
            throw ArrayError(.invalidValue, "the .npz archive has more than one of \(found.map { quoted($0.name) }.joined(separator: ", ")); keep one")
        }
        return found.first
    }

    private static func array(
        _ member: ZipDirectory.Member, _ archive: UnsafeRawBufferPointer, _ limits: Limits, name: String, destination: String
    ) throws(ArrayError) -> ArrayFile {
        var source = try ZipMemberSource(member, archive: archive, maximumRatio: limits.ratio)
        let header = try NPYHeader(reading: &source)
        // Before the destination is reserved: a shape that does not fit the member must cost nothing.
        try header.requireFileLength(member.size)
        let array = try NPYConversion.fill(header: header, data: &source, name: name, destination: destination)
        try source.finish()
        return array
    }
}

extension NPYHeader {
    /// Reads the header at the front of `source` and leaves it at the data.
    init(reading source: inout some ByteSource) throws(ArrayError) {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.maximumLength, alignment: 1)
        defer { block.deallocate() }
        let shortest = 10
        var count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: block[..<shortest]))
        // Versions from 2 on have a longer length field, which the dictionary always leaves room for.
        if count == shortest { count += try source.read(into: UnsafeMutableRawBufferPointer(rebasing: block[shortest..<Self.preambleLength])) }
        let (start, length) = try Self.extent(UnsafeRawBufferPointer(rebasing: block[..<count]))
        if start + length > count {
            count += try source.read(into: UnsafeMutableRawBufferPointer(rebasing: block[count..<start + length]))
        }
        try self.init(UnsafeRawBufferPointer(rebasing: block[..<count]))
    }
}
