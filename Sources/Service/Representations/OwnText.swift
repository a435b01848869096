import JSON

extension JSONValue {
    /// The text of a document of ours that holds no number a client or a computation gave: there is nothing non-finite in it,
    /// the only thing that the writer refuses.
    var ownText: [UInt8] { (try? serialized()) ?? Array("null".utf8) }

    /// ``ownText`` as a string, for the store.
    var ownString: String { String(decoding: ownText, as: UTF8.self) }
}
