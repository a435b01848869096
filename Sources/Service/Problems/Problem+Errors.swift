import Arrays
import JSON
import Jobs

extension Problem {
    /// What a client is told of an error that a lower module threw.
    ///
    /// - Returns: nil for what is no fault of the client's and has no code of its own: an internal error, to be logged.
    static func describing(_ error: any Error) -> Problem? {
        switch error {
        case let problem as Problem: problem
        case let error as JSONError: describing(error)
        case let error as ArrayError: describing(error)
        case StorageError.full: diskFull
        case StoreError.invalidPageToken:
            Problem(.invalidRequest, "page_token was not given by this list with these filters; start without one.")
        case StoreError.noSuchDataset(let id):
            Problem(.invalidDocument, "There is no dataset \(id) (any more); GET /datasets lists them.")
        default: nil
        }
    }

    static var diskFull: Problem {
        Problem(.insufficientStorage, "The server's data directory has no space left; nothing was stored. Delete finished jobs or datasets, or add space.")
    }

    private static func describing(_ error: JSONError) -> Problem {
        guard error.category == .document else { return Problem(.invalidJSON, error.detail) }
        let faults = Faults()
        for fault in [error] + error.others { faults.add(fault.pointer, fault.detail) }
        return invalidDocument(faults)
    }

    private static func describing(_ error: ArrayError) -> Problem? {
        let detail = sentence(error.message)
        switch error.kind {
        case .invalidOption: return Problem(.invalidRequest, detail)
        case .malformed, .unsupported, .invalidValue: return Problem(.invalidDocument, detail)
        case .tooLarge: return Problem(.payloadTooLarge, detail)
        case .storageFull: return diskFull
        case .inputOutput: return nil
        }
    }

    /// The message as a sentence of its own.
    static func sentence(_ message: String) -> String {
        let text = message.prefix(1).uppercased() + message.dropFirst()
        return text.hasSuffix(".") ? text : text + "."
    }
}
