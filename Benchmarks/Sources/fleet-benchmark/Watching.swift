// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Feeds
import Fleet
import Glibc

/// The monitor, and the process of the services that it watches.
struct Watching: Sendable {
    struct Failed: Error { var what: String }

    let workload: Workload

    init(_ workload: Workload) { self.workload = workload }

    func run() async throws {
        var template = Array("/tmp/bt-fleet-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failed(what: "no folder") }
        let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let services = try start(folder)
        defer {
            // In order, so that it takes its sockets along.
            kill(services, SIGTERM)
            waitpid(services, nil, 0)
            system("rm -r '\(folder)'")
        }
        try await untilServed(folder)

        let feed = TargetsFeed(targets: [.folder(path: folder)], client: "fleet-benchmark/1")
        let fleet = Fleet()
        let begin = ContinuousClock.now
        let before = processorTime()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await feed.run { await fleet.take($0) } }
            let first = await fleet.untilReady(1) - begin
            let all = await fleet.untilReady(workload.services) - begin
            let connecting = processorTime() - before
            print("services \(workload.services), circuits of each \(workload.circuits), calls/s \(workload.calls)")
            print("first picture after \(first), all after \(all)")
            print("\(connecting) s of CPU time, \(peakMemory()) MiB")
            let before = processorTime()
            try await Task.sleep(for: .seconds(workload.seconds))
            let percent = (processorTime() - before) / Double(workload.seconds) * 100
            let kept = await fleet.kept
            print("then \(percent) % of a core for \(kept.observations) observations, \(kept.lost) losses")
            group.cancelAll()
        }
    }

    private func start(_ folder: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        // A line of the log for each service is none of our business.
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        let numbers = [workload.services, workload.circuits, workload.calls].map(String.init)
        var arguments = (["fleet-benchmark", "serve", folder] + numbers).map { strdup($0) } + [nil]
        var child = pid_t()
        guard posix_spawn(&child, "/proc/self/exe", &actions, nil, &arguments, environ) == 0 else {
            throw Failed(what: "no process for the services")
        }
        return child
    }

    /// Waits until every service has its socket.
    private func untilServed(_ folder: String) async throws {
        for _ in 0..<600 {
            try await Task.sleep(for: .milliseconds(100))
            var found = glob_t()
            glob("\(folder)/*.sock", 0, nil, &found)
            defer { globfree(&found) }
            if found.gl_pathc == workload.services { return try await Task.sleep(for: .seconds(2)) }
        }
        throw Failed(what: "the services did not come up within 60 s")
    }
}

/// The model, with a note of when services became ready.
private actor Fleet {
    private var model = FleetModel()
    private var ready: Set<SourceID> = []
    private var waiting: (count: Int, continuation: CheckedContinuation<ContinuousClock.Instant, Never>)?
    private(set) var kept = (observations: 0, lost: 0)

    func take(_ observation: Observation) {
        model.apply(observation)
        kept.observations += 1
        switch observation.fact {
        case .source(.ready): ready.insert(observation.source)
        case .source(.lost(let reason)):
            kept.lost += 1
            print("\(observation.source): \(reason)")
        default: return
        }
        guard let waiting, ready.count >= waiting.count else { return }
        self.waiting = nil
        waiting.continuation.resume(returning: .now)
    }

    func untilReady(_ count: Int) async -> ContinuousClock.Instant {
        if ready.count >= count { return .now }
        return await withCheckedContinuation { waiting = (count, $0) }
    }
}
