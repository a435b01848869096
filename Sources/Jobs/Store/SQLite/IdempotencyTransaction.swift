import GRDB

extension JobTransaction {
    /// What is known of a key.
    private enum KeyState {
        /// New, or held by this very request.
        case free
        case replayed(StoredResponse), conflict, inProgress
    }

    private func look(up request: IdempotentRequest) throws -> KeyState {
        try database.change(
            "DELETE FROM idempotency WHERE method = ? AND path = ? AND key = ? AND expires_at <= ?",
            [request.method, request.path, request.key, now])
        guard
            let row = try database.first(
                """
                SELECT fingerprint, holder, status, headers, body, resource FROM idempotency
                WHERE method = ? AND path = ? AND key = ?
                """, [request.method, request.path, request.key])
        else { return .free }
        if row[0] != request.fingerprint { return .conflict }
        if let status: Int = row[2] {
            return .replayed(
                StoredResponse(status: status, headers: row[3] ?? "{}", body: row[4] ?? "", resource: row[5]))
        }
        return row[1] == request.holder ? .free : .inProgress
    }

    /// Runs `create` unless the key was used before, and keeps the answer with what was created.
    func once<Created>(_ answer: IdempotentAnswer?, create: () throws -> Created) throws -> Submission<Created> {
        guard let answer else { return .created(try create()) }
        switch try look(up: answer.request) {
        case .replayed(let response): return .replayed(response)
        case .conflict: return .conflict
        case .inProgress: return .inProgress
        case .free:
            let created = try create()
            try keep(answer.request, answer.response)
            return .created(created)
        }
    }

    func begin(_ request: IdempotentRequest) throws -> Submission<IdempotentRequest> {
        switch try look(up: request) {
        case .replayed(let response): return .replayed(response)
        case .conflict: return .conflict
        case .inProgress: return .inProgress
        case .free:
            try keep(request, nil)
            return .created(request)
        }
    }

    func abandon(_ request: IdempotentRequest) throws {
        try database.change(
            "DELETE FROM idempotency WHERE method = ? AND path = ? AND key = ? AND holder = ? AND status IS NULL",
            [request.method, request.path, request.key, request.holder])
    }

    private func keep(_ request: IdempotentRequest, _ response: StoredResponse?) throws {
        try database.change(
            """
            INSERT OR REPLACE INTO idempotency
                (method, path, key, fingerprint, holder, resource, status, headers, body, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                request.method, request.path, request.key, request.fingerprint, request.holder, response?.resource,
                response?.status, response?.headers, response?.body, now + request.lifetime,
            ])
    }
}
