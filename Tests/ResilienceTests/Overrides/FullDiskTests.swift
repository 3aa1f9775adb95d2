// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Glibc
import ResilienceTesting
import TestSupport
import Testing

@testable import Resilience

@Suite("A state file that cannot be written", .timeLimit(.minutes(1)))
struct FullDiskTests {
    @Test("A full disk: the override holds, the service is told once, and all is written when there is room")
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        // Only root may, and not everywhere; the test below needs no right.
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=64k,mode=700") == 0 else { return }
        defer { umount2(folder.path, CInt(MNT_DETACH)) }
        let (path, filler) = ("\(folder.path)/overrides.json", "\(folder.path)/filler")
        let report = Report()
        let clock = ManualClock()
        let registry = Registry(
            service: "orders", overrides: .kept(in: path, report: report.take), timeline: clock.timeline)
        let breaker = registry.circuit("charge").breaker
        try breaker.forceOpen(for: nil, reason: "first")
        await registry.flush()
        #expect(fill(filler) == ENOSPC)
        try breaker.forceClosed(for: nil, reason: "second")
        for _ in 1...3 {
            await registry.flush()
            registry.advance()
        }
        await registry.flush()
        #expect(breaker.override.reason == "second")
        #expect(
            report.sentences == [
                "overrides are not kept over a restart for now: cannot write '\(path).tmp': No space left on device."
                    + " What operators set holds, but a restart goes back to what '\(path)' says; the service tries again"
                    + " each second"
            ])
        #expect(try storedOverrides(path)["charge"]?.reason == "first", "the old file is whole")
        unlink(filler)
        // Not by flushing, which tries again too: it is the tick that must.
        registry.advance()
        while report.sentences.count < 2 {
            try Task.checkCancellation()
            await Task.yield()
        }
        #expect(try storedOverrides(path)["charge"]?.reason == "second")
        #expect(report.sentences.last == "overrides are kept over a restart again, in '\(path)'")
        #expect(report.sentences.count == 2)
    }

    /// Writes until there is no room left; why it ended.
    private func fill(_ path: String) -> CInt {
        let file = open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(file) }
        let bytes = [UInt8](repeating: 0, count: 512)
        while write(file, bytes, bytes.count) > 0 {}
        return errno
    }

    @Test("A write that breaks off half-way leaves the old file whole, and no draft")
    func brokenOff() async throws {
        let folder = try TemporaryFolder()
        await #expect(processExitsWith: .success) { [path = "\(folder.path)/overrides.json" as String] in
            let report = Report()
            let registry = Registry(service: "orders", overrides: .kept(in: path, report: report.take))
            let breaker = registry.circuit("charge").breaker
            try breaker.forceOpen(for: nil, reason: "first")
            await registry.flush()
            // Beyond this a write is cut short, then refused.
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 100, rlim_max: rlim_t.max)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            try breaker.forceClosed(for: nil, reason: "second")
            await registry.flush()
            limit.rlim_cur = rlim_t.max
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let isTold = report.sentences.first?.contains("cannot write '\(path).tmp': File too large") == true
            let isOld = try storedOverrides(path)["charge"]?.reason == "first"
            let hasDraft = access("\(path).tmp", F_OK) == 0
            registry.advance()
            await registry.flush()
            let isNew = try storedOverrides(path)["charge"]?.reason == "second"
            precondition(isTold && isOld && !hasDraft && isNew, "\(isTold) \(isOld) \(hasDraft) \(isNew)")
        }
    }

    @Test("The override refuses calls whether or not it can be kept")
    func holds() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/orders/overrides.json"
        let report = Report()
        mkdir("\(folder.path)/orders", 0o700)
        let registry = Registry(service: "orders", overrides: .kept(in: path, report: report.take))
        let circuit = registry.circuit("charge")
        #expect(registry.identity.keepsOverrides == true)
        unlink("\(path).lock")
        rmdir("\(folder.path)/orders")
        close(open("\(folder.path)/orders", O_WRONLY | O_CREAT, 0o600))
        try circuit.breaker.forceOpen(for: nil)
        await registry.flush()
        await #expect(throws: ResilienceError.self) { try await circuit.run {} }
        #expect(report.sentences.first?.contains("cannot open folder '\(folder.path)/orders'") == true)
        #expect(registry.identity.keepsOverrides == false)
    }
}
