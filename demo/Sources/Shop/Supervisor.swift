// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// Starts the shop's processes, starts those again that died, and ends them all.
struct Supervisor {
    /// How long a process that died stays away: long enough to see it missing.
    private static let absence: Duration = .seconds(6)

    private let ports: Ports
    private let faults: String?
    private let state: String?
    private let rate: Int
    private let lifeline: Lifeline
    private let parent = getppid()
    private var children: [ChildProcess] = []
    private var dead: [(child: ChildProcess, since: ContinuousClock.Instant)] = []

    init(ports: Ports, faults: String?, state: String?, rate: Int, lifeline: Lifeline) {
        self.ports = ports
        self.faults = faults
        self.state = state
        self.rate = rate
        self.lifeline = lifeline
    }

    /// Starts the services, waits until each answers, and lets the customers in.
    ///
    /// - Returns: `false` when it was told to end meanwhile.
    /// - Throws: A sentence when one does not come up within 10 s.
    mutating func start() async throws -> Bool {
        let base = ["--base-port", String(ports.base)]
        let now = String(Int(Date.now.timeIntervalSince1970 * 1_000))
        let options = (faults.map { ["--faults", $0] } ?? []) + (state.map { ["--state", $0] } ?? [])
        for service in ServiceName.allCases {
            let arguments = ["serve", service.rawValue] + base + options + ["--started-at", now]
            children.append(try ChildProcess(service.rawValue, arguments))
        }
        for service in ServiceName.allCases {
            let backend = Backend(service, ports: ports)
            let deadline = ContinuousClock.now + .seconds(10)
            while (try? await backend.call("GET", "/health")) == nil {
                if isOver { return false }
                if bury() { throw ChildError("the shop did not start") }
                if ContinuousClock.now > deadline { throw ChildError("\(service.rawValue) did not start within 10 s") }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        children.append(try ChildProcess("load", ["load", "--rate", String(rate)] + base))
        return true
    }

    /// Whether this process was told to end, or whoever started it has ended.
    private var isOver: Bool { lifeline.isOver || getppid() != parent }

    /// Returns when it is time to end.
    mutating func watch() async {
        while !isOver {
            bury()
            revive()
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Ends every process: TERM, after 2 s KILL.
    mutating func stop() async {
        for child in children { child.send(SIGTERM) }
        let deadline = ContinuousClock.now + .seconds(2)
        while !children.isEmpty, ContinuousClock.now < deadline {
            children.removeAll { $0.ending() != nil }
            try? await Task.sleep(for: .milliseconds(20))
        }
        for child in children { child.send(SIGKILL) }
    }

    /// Says which processes have ended; `true` when there was one.
    @discardableResult
    private mutating func bury() -> Bool {
        let before = children.count
        children.removeAll { child in
            guard let ending = child.ending() else { return false }
            Log.line("shop", "\(child.name) has ended: \(ending); it returns in \(Self.absence)")
            dead.append((child, .now))
            return true
        }
        return children.count < before
    }

    /// Starts what has been away long enough, as the next process of the same service.
    private mutating func revive() {
        while let (child, since) = dead.first, since.duration(to: .now) >= Self.absence {
            dead.removeFirst()
            do {
                children.append(try ChildProcess(child.name, child.arguments))
            } catch {
                Log.line("shop", "\(error)")
                dead.append((child, .now))
            }
        }
    }
}
