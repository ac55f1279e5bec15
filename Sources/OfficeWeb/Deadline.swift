/// The other side did not finish in time.
struct DeadlinePassed: Error {
    let limit: Duration
}

/// Runs `work`, all of it, for at most `limit` of real time; then it is cancelled and `DeadlinePassed` thrown.
func within<Result: Sendable>(
    _ limit: Duration, _ work: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask(operation: work)
        group.addTask {
            try await ContinuousClock().sleep(for: limit)
            throw DeadlinePassed(limit: limit)
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw CancellationError() }
        return first
    }
}
