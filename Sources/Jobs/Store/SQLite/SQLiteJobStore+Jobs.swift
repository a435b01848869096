import GRDB

extension SQLiteJobStore {
    public func enqueue(
        _ job: NewJob, answering answer: IdempotentAnswer?,
        completion: @escaping @Sendable (Result<Submission<Job>, any Error>) -> Void
    ) {
        submit(.synced, { transaction in try transaction.once(answer) { try transaction.insert(job) } }, completion: completion)
    }

    public func job(_ id: String) throws -> Job? {
        try read { try $0.first("SELECT \(Job.columns) FROM jobs WHERE id = ?", [id]).map(Job.init) }
    }

    public func jobs(_ ids: [String]) throws -> [Job] {
        try read { database in
            try ids.compactMap { try database.first("SELECT \(Job.columns) FROM jobs WHERE id = ?", [$0]).map(Job.init) }
        }
    }

    public func spec(of id: String) throws -> String? {
        try read { try $0.first("SELECT spec FROM job_specs WHERE job_id = ?", [id])?[0] }
    }

    public func attempts(of id: String) throws -> [JobAttempt] {
        try read {
            try $0.all("SELECT \(JobAttempt.columns) FROM job_attempts WHERE job_id = ? ORDER BY fence", [id])
                .map(JobAttempt.init)
        }
    }

    public func result(of id: String) throws -> ResultLookup {
        try read { database in
            guard let job = try database.first("SELECT \(Job.columns) FROM jobs WHERE id = ?", [id]).map(Job.init) else {
                return .noSuchJob
            }
            if job.expiredAt != nil { return .gone(job) }
            guard let document: String = try database.first("SELECT document FROM results WHERE job_id = ?", [id])?[0] else {
                return .notReady(job)
            }
            let arrays = try database.all(
                "SELECT \(ResultArray.columns) FROM result_arrays WHERE job_id = ? ORDER BY position", [id])
            let result = ComputedResult(document: document, arrays: arrays.map(ResultArray.init))
            return job.state == .succeeded ? .found(result, job) : .partial(result, job)
        }
    }

    public func cancel(_ id: String) throws -> CancelStatus {
        try write(.synced) { try $0.cancel(id) }
    }

    public func delete(_ id: String) throws -> JobDeletion {
        try write(.synced) { transaction in
            guard let job = try transaction.job(id) else { return .noSuchJob }
            guard job.state.isFinal else { return .notFinished(job) }
            try transaction.database.change("DELETE FROM jobs WHERE id = ?", [id])
            return .deleted
        }
    }

    public func jobs(matching filter: JobFilter, page: PageRequest) throws -> Page<Job> {
        var conditions = ["expired_at IS NULL"]
        var arguments = StatementArguments()
        if let state = filter.state {
            conditions.append("state = ?")
            arguments += [state]
        }
        if let kind = filter.kind {
            conditions.append("kind = ?")
            arguments += [kind]
        }
        return try self.page(
            page, of: "jobs state=\(filter.state?.rawValue ?? "") kind=\(filter.kind ?? "")", from: "jobs",
            columns: Job.columns, where: conditions, arguments, decode: { Job($0) }, place: { ($0.createdAt, $0.id) })
    }

    /// One page of a table, newest first, from just after the place where the page before ended: inserts cannot shift it.
    func page<Item: Sendable>(
        _ request: PageRequest, of listing: String, from table: String, columns: String, where conditions: [String] = [],
        _ arguments: StatementArguments = [], decode: (Row) -> Item, place: (Item) -> (Timestamp, String)
    ) throws -> Page<Item> {
        var conditions = conditions
        var arguments = arguments
        if let text = request.token, !text.isEmpty {
            let token = try PageToken(text, for: listing)
            conditions.append("(created_at, id) < (?, ?)")
            arguments += [token.createdAt, token.id]
        }
        let size = min(max(1, request.size), 1000)
        arguments += [size + 1]
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let rows = try read {
            try $0.all("SELECT \(columns) FROM \(table) \(condition) ORDER BY created_at DESC, id DESC LIMIT ?", arguments)
        }
        let items = rows.prefix(size).map(decode)
        guard rows.count > size, let last = items.last else { return Page(items: items) }
        let (createdAt, id) = place(last)
        return Page(items: items, nextToken: PageToken(createdAt: createdAt, id: id).text(for: listing))
    }
}
