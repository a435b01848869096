import GRDB

extension SQLiteJobStore {
    public func insert(
        _ dataset: Dataset, answering answer: IdempotentAnswer?,
        completion: @escaping @Sendable (Result<Submission<Dataset>, any Error>) -> Void
    ) {
        submit(
            .synced,
            { transaction in
                try transaction.once(answer) {
                    try Self.insert(dataset, transaction.database)
                    return dataset
                }
            }, completion: completion)
    }

    private static func insert(_ dataset: Dataset, _ database: Database) throws {
        let added = try database.change(
            """
            INSERT INTO datasets (\(Dataset.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO NOTHING
            """,
            [
                dataset.id, dataset.name, dataset.metadata, dataset.inputs.sha256, dataset.inputs.bytes,
                dataset.inputs.fileExtension, dataset.targets?.sha256, dataset.targets?.bytes,
                dataset.targets?.fileExtension, dataset.sha256, dataset.bytes, dataset.createdAt,
                dataset.kind.rawValue,
            ])
        guard added == 1 else { throw StoreError.duplicateID(dataset.id) }
    }

    public func dataset(_ id: String) throws -> Dataset? {
        try read { try $0.first("SELECT \(Dataset.columns) FROM datasets WHERE id = ?", [id]).map(Dataset.init) }
    }

    public func datasets(of kind: Dataset.Kind, page: PageRequest) throws -> Page<Dataset> {
        try self.page(
            page, of: "\(kind.rawValue)s", from: "datasets", columns: Dataset.columns, where: ["kind = ?"], [kind.rawValue], decode: { Dataset($0) },
            place: { ($0.createdAt, $0.id) })
    }

    public func deleteDataset(_ id: String, of kind: Dataset.Kind) throws -> DatasetDeletion {
        try write(.synced) { transaction in
            guard try transaction.database.exists("SELECT 1 FROM datasets WHERE id = ? AND kind = ?", [id, kind.rawValue]) else {
                return .noSuchDataset
            }
            let user: String? = try transaction.database.first(
                """
                SELECT jobs.id FROM job_datasets JOIN jobs ON jobs.id = job_datasets.job_id
                WHERE job_datasets.dataset_id = ? AND jobs.state IN ('queued', 'running') LIMIT 1
                """, [id])?[0]
            if let user { return .inUse(job: user) }
            let removed = try transaction.database.change("DELETE FROM datasets WHERE id = ?", [id])
            return removed == 1 ? .deleted : .noSuchDataset
        }
    }
}
