@testable import Jobs

/// The store's promises in plain Swift: what `StoreModelTests` holds the SQLite store against.
struct JobModel {
    struct Entry {
        var priority: Int
        var state = JobState.queued
        var attempt = 0
        var maxAttempts: Int
        var fence = 0
        var runAt: Timestamp
        var owner: String?
        var leaseEnd: Timestamp?
        var cancelRequested = false
        var version = 1
        var document: String?
        var error: String?
    }

    var jobs: [String: Entry] = [:]

    mutating func enqueue(_ id: String, priority: Int, maxAttempts: Int, now: Timestamp) {
        jobs[id] = Entry(priority: priority, maxAttempts: maxAttempts, runAt: now)
    }

    mutating func claim(_ owner: String, _ span: Duration, now: Timestamp) -> (id: String, fence: Int, attempt: Int)? {
        let waiting = jobs.filter { $0.value.state == .queued && $0.value.runAt <= now }
        guard
            let (id, _) = waiting.min(by: { left, right in
                (-left.value.priority, left.value.runAt, left.key) < (-right.value.priority, right.value.runAt, right.key)
            })
        else { return nil }
        return update(id) { job in
            job.state = .running
            job.attempt += 1
            job.fence += 1
            job.owner = owner
            job.leaseEnd = now + span
            return (id, job.fence, job.attempt)
        }
    }

    func status(_ lease: Lease) -> LeaseStatus {
        guard let job = jobs[lease.jobID], job.state == .running, job.fence == lease.fence, job.owner == lease.owner else {
            return .lost
        }
        return job.cancelRequested ? .cancelRequested : .held
    }

    mutating func renew(_ lease: Lease, _ span: Duration, now: Timestamp) -> LeaseStatus {
        let status = status(lease)
        if status != .lost { jobs[lease.jobID]?.leaseEnd = now + span }
        return status
    }

    mutating func finish(_ lease: Lease, _ outcome: AttemptOutcome, pause: (Int) -> Duration, now: Timestamp) -> FinishStatus {
        let status = status(lease)
        if status == .lost { return .leaseLost }
        return update(lease.jobID) { job in
            switch status == .cancelRequested && !outcome.isCancelled ? .cancelled() : outcome {
            case .succeeded(let result):
                job.document = result.document
                job.end(.succeeded)
            case .failed(let problem): job.end(.failed, problem)
            case .retry(let problem) where job.attempt == job.maxAttempts: job.end(.failed, problem)
            case .retry: job.requeue(at: now + pause(job.attempt))
            case .cancelled(let partial):
                job.document = partial?.document
                job.end(.cancelled)
            case .released:
                job.attempt -= 1
                job.requeue(at: now)
            }
            return .recorded(job.state)
        }
    }

    mutating func cancel(_ id: String, now: Timestamp) {
        guard let job = jobs[id], !job.state.isFinal, !job.cancelRequested else { return }
        update(id) { job in
            if job.state == .queued { job.end(.cancelled) } else { job.cancelRequested = true }
        }
    }

    mutating func lose(now: Timestamp, where isLost: (Entry) -> Bool) {
        for (id, job) in jobs where job.state == .running && isLost(job) {
            update(id) { job in
                if job.cancelRequested {
                    job.end(.cancelled)
                } else if job.attempt < job.maxAttempts {
                    job.requeue(at: now)
                } else {
                    job.end(.failed, Problem.workerLost(attempts: job.attempt))
                }
            }
        }
    }

    @discardableResult
    private mutating func update<Result>(_ id: String, _ body: (inout Entry) -> Result) -> Result {
        var job = jobs[id, default: Entry(priority: 0, maxAttempts: 0, runAt: Timestamp(rawValue: 0))]
        defer { jobs[id] = job }
        job.version += 1
        return body(&job)
    }
}

extension JobModel.Entry {
    mutating func end(_ state: JobState, _ problem: String? = nil) {
        self.state = state
        error = problem
        owner = nil
        leaseEnd = nil
    }

    mutating func requeue(at moment: Timestamp) {
        state = .queued
        runAt = moment
        owner = nil
        leaseEnd = nil
    }
}

extension AttemptOutcome {
    var isCancelled: Bool {
        if case .cancelled = self { true } else { false }
    }
}
