import GRDB

/// The tables, as a chain of migrations: a released one is never changed, a new one is added below it.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1-jobs") { try $0.execute(sql: jobs) }
        migrator.registerMigration("1-datasets") { try $0.execute(sql: datasets) }
        migrator.registerMigration("2-networks") { try $0.execute(sql: networks) }
        return migrator
    }

    /// Times are microseconds since the epoch. Specs and documents stand apart from `jobs`, as they may be megabytes
    /// and a listing should not page through them.
    private static let jobs = """
        CREATE TABLE jobs (
            id TEXT PRIMARY KEY NOT NULL,
            kind TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
            metadata TEXT NOT NULL,
            priority INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            run_at INTEGER NOT NULL,
            started_at INTEGER,
            finished_at INTEGER,
            expires_at INTEGER,
            expired_at INTEGER,
            cancel_requested_at INTEGER,
            attempt INTEGER NOT NULL DEFAULT 0,
            max_attempts INTEGER NOT NULL,
            fence INTEGER NOT NULL DEFAULT 0,
            lease_owner TEXT,
            lease_expires_at INTEGER,
            progress TEXT,
            error TEXT,
            version INTEGER NOT NULL DEFAULT 1,
            CHECK ((state IN ('succeeded', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
            CHECK ((state = 'running') = (lease_owner IS NOT NULL)),
            CHECK ((state = 'running') = (lease_expires_at IS NOT NULL)),
            CHECK ((state = 'failed') = (error IS NOT NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX jobs_waiting ON jobs (priority DESC, run_at, id) WHERE state = 'queued';
        CREATE INDEX jobs_leased ON jobs (lease_expires_at) WHERE state = 'running';
        CREATE INDEX jobs_newest ON jobs (created_at DESC, id DESC);
        CREATE INDEX jobs_by_state ON jobs (state, created_at DESC, id DESC);
        CREATE INDEX jobs_expiring ON jobs (expires_at) WHERE expires_at IS NOT NULL AND expired_at IS NULL;
        CREATE INDEX jobs_expired ON jobs (expired_at) WHERE expired_at IS NOT NULL;

        CREATE TABLE job_specs (
            job_id TEXT PRIMARY KEY NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            spec TEXT NOT NULL
        ) STRICT;

        CREATE TABLE job_attempts (
            job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            fence INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            worker TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            outcome TEXT,
            error TEXT,
            PRIMARY KEY (job_id, fence)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE attempt_totals (outcome TEXT PRIMARY KEY NOT NULL, total INTEGER NOT NULL) STRICT, WITHOUT ROWID;

        CREATE TABLE job_events (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            at INTEGER NOT NULL,
            type TEXT NOT NULL CHECK (type IN ('state', 'progress', 'metric')),
            data TEXT NOT NULL
        ) STRICT;
        CREATE INDEX job_events_of_job ON job_events (job_id, seq);

        CREATE TABLE results (
            job_id TEXT PRIMARY KEY NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            document TEXT NOT NULL
        ) STRICT;

        CREATE TABLE result_arrays (
            job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            name TEXT NOT NULL,
            dtype TEXT NOT NULL,
            shape TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            extension TEXT NOT NULL,
            -- The file's bytes, where the array is so small that a file of its own would cost more than it holds.
            data BLOB,
            PRIMARY KEY (job_id, position),
            UNIQUE (job_id, name)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX result_arrays_by_blob ON result_arrays (sha256) WHERE data IS NULL;

        CREATE TABLE job_blobs (
            job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            sha256 TEXT NOT NULL,
            PRIMARY KEY (job_id, sha256)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX job_blobs_by_blob ON job_blobs (sha256);

        CREATE TABLE workers (
            id TEXT PRIMARY KEY NOT NULL,
            host TEXT NOT NULL,
            pid INTEGER NOT NULL,
            supervised INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            heartbeat_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    private static let networks = """
        ALTER TABLE datasets ADD COLUMN kind TEXT NOT NULL DEFAULT 'dataset';
        DROP INDEX datasets_newest;
        CREATE INDEX datasets_newest ON datasets (kind, created_at DESC, id DESC);
        """

    private static let datasets = """
        CREATE TABLE datasets (
            id TEXT PRIMARY KEY NOT NULL,
            name TEXT NOT NULL,
            metadata TEXT NOT NULL,
            inputs_sha256 TEXT NOT NULL,
            inputs_bytes INTEGER NOT NULL,
            inputs_extension TEXT NOT NULL,
            targets_sha256 TEXT,
            targets_bytes INTEGER,
            targets_extension TEXT,
            sha256 TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX datasets_newest ON datasets (created_at DESC, id DESC);
        CREATE INDEX datasets_by_inputs ON datasets (inputs_sha256);
        CREATE INDEX datasets_by_targets ON datasets (targets_sha256) WHERE targets_sha256 IS NOT NULL;

        CREATE TABLE job_datasets (
            job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            dataset_id TEXT NOT NULL,
            PRIMARY KEY (job_id, dataset_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX job_datasets_by_dataset ON job_datasets (dataset_id);

        CREATE TABLE idempotency (
            method TEXT NOT NULL,
            path TEXT NOT NULL,
            key TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            holder TEXT NOT NULL,
            resource TEXT,
            status INTEGER,
            headers TEXT,
            body TEXT,
            expires_at INTEGER NOT NULL,
            PRIMARY KEY (method, path, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX idempotency_expiring ON idempotency (expires_at);
        """
}
