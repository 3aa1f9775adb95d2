// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Glibc
import ResilienceTesting
import Synchronization
import TestSupport
import Testing

@testable import Resilience

@Suite("The state file on disk", .timeLimit(.minutes(1)))
struct OverrideFileTests {
    private let folder: TemporaryFolder
    private let path: String
    private let report = Report()

    init() throws {
        folder = try TemporaryFolder()
        path = "\(folder.path)/overrides.json"
    }

    private func open(_ path: String? = nil) -> OverrideKeeper? {
        OverrideKeeper.open(
            .kept(in: path ?? self.path, report: report.take), service: "orders",
            clock: BootClock(ManualClock().timeline))
    }

    private func put(_ text: String, mode: mode_t = 0o600) throws {
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(file >= 0)
        #expect(Glibc.write(file, text, text.utf8.count) == text.utf8.count)
        close(file)
        chmod(path, mode)
    }

    private func mode(_ path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    private func taken(_ path: String) throws -> OverrideFile {
        let file = try OverrideFile(path, service: "orders")
        _ = file.makeFolder()
        try file.take()
        return file
    }

    @Test("It is written whole, for its owner's eyes, and nothing is left beside it but the lock")
    func write() throws {
        let nested = "\(folder.path)/orders/overrides.json"
        let file = try taken(nested)
        #expect(try file.read().isEmpty)
        for _ in 1...2 {
            try file.write(OverrideDocumentTests.overrides)
            #expect(try file.read() == OverrideDocumentTests.overrides)
        }
        #expect(mode(nested) == 0o600)
        #expect(mode("\(nested).lock") == 0o600)
        #expect(mode("\(folder.path)/orders") == 0o700)
        #expect(!folder.exists("orders/overrides.json.tmp"))
    }

    @Test("What a killed writer left in the way is replaced, be it a link")
    func leftover() throws {
        let target = "\(folder.path)/victim"
        symlink(target, "\(path).tmp")
        let file = try taken(path)
        try file.write(OverrideDocumentTests.overrides)
        #expect(try file.read() == OverrideDocumentTests.overrides)
        #expect(!folder.exists("victim"))
    }

    @Test("Two cannot hold one file; the second waits for it, says so once, and changes nothing in it")
    func lock() async throws {
        try put(OverrideDocumentTests.text)
        let first = open()
        #expect(first != nil)
        let second = try #require(open())
        second.whenHeld { name, _ in Issue.record("\(name) is restored") }
        #expect(second.enter("payment.charge", circuit: 1)?.stored.mode == .forcedOpen, "stopped from the first call")
        #expect(second.enter("another", circuit: 2) == nil)
        second.note("another", circuit: 2, CircuitOverride(mode: .forcedOpen, revision: 1, since: 0))
        second.retry()
        #expect(try storedOverrides(path) == OverrideDocumentTests.overrides)
        await second.flush()
        #expect(report.sentences.count == 2)
        #expect(
            report.sentences.first
                == "overrides are not kept over a restart for now: another process keeps its overrides in '\(path)': an"
                + " earlier one that is about to end, or an instance that needs a file of its own; the service tries again"
                + " until it has the file")
        #expect(report.sentences.last?.contains("not kept for another: another process still has the file") == true)
        withExtendedLifetime(first) {}
    }

    @Test("It is free again when its holder is gone")
    func unlocked() {
        do { _ = open() }
        #expect(open() != nil)
        #expect(report.sentences.isEmpty)
    }

    @Test("A folder that was removed is not made again; once it is there, its lock is taken again")
    func removedFolder() throws {
        let nested = "\(folder.path)/orders/overrides.json"
        let file = try taken(nested)
        try file.write([:])
        for name in ["", ".lock"] { unlink(nested + name) }
        rmdir("\(folder.path)/orders")
        let error = #expect(throws: OverrideFileError.self) { try file.write([:]) }
        #expect(error?.message.contains("orders': No such file or directory; make it, or mount") == true)
        #expect(throws: OverrideFileError.self) { try file.read() }
        #expect(!folder.exists("orders"))
        mkdir("\(folder.path)/orders", 0o700)
        try file.write(OverrideDocumentTests.overrides)
        #expect(throws: OverrideFileError.self) { try taken(nested) }
        #expect(try file.read() == OverrideDocumentTests.overrides)
    }

    @Test(
        "A file of ours that cannot be used is set aside, with words, and nothing of it believed",
        arguments: [
            (OverrideDocumentTests.text, mode_t(0o620), "others may write to it (mode 620)"),
            (OverrideDocumentTests.text, 0o602, "others may write to it (mode 602)"),
            (String(OverrideDocumentTests.text.dropLast(9)), 0o600, "it is broken: expected"),
            (OverrideDocumentTests.text.replacing("\"version\":1", with: "\"version\":2"), 0o600, "its version is 2"),
            (
                OverrideDocumentTests.text + String(repeating: " ", count: OverrideDocument.maximumBytes), 0o600,
                "it is longer than 16777216 bytes"
            ),
        ])
    func unusable(_ text: String, mode: mode_t, words: String) throws {
        for number in 1...2 {
            try put(text, mode: mode)
            let keeper = try #require(open())
            #expect(keeper.enter("payment.charge", circuit: 1) == nil)
            let other = number == 1 ? "\(path).unreadable" : "\(path).unreadable.2"
            #expect(self.mode(other) == mode)
            #expect(!folder.exists("overrides.json"))
            let sentence = try #require(report.sentences.last)
            #expect(sentence.contains("no override was restored: '\(path)' cannot be used: \(words)"), "\(sentence)")
            #expect(sentence.contains("it is now '\(other)'"))
        }
    }

    @Test("The tenth that cannot be used stays where it is, and nothing is kept")
    func tenth() throws {
        for _ in 1...9 {
            try put("{\"format\":\"breakertop-overrides\"")
            #expect(open() != nil)
        }
        try put("{\"format\":\"breakertop-overrides\"")
        #expect(open() == nil)
        #expect(folder.exists("overrides.json"))
        #expect(report.sentences.last?.contains("are there already; remove them") == true)
    }

    @Test(
        "What is not ours stays as it is, and nothing is kept",
        arguments: [
            ("text", "its format is not breakertop-overrides"), ("link", "it is a symbolic link"),
            ("folder", "it is not a file"), ("pipe", "it is not a file"),
            ("other service", "it belongs to \"payments\", not to \"orders\""),
        ])
    func notOurs(_ kind: String, words: String) throws {
        switch kind {
        case "link":
            try put(OverrideDocumentTests.text)
            rename(path, "\(path).real")
            symlink("\(path).real", path)
        case "folder": mkdir(path, 0o700)
        case "pipe": mkfifo(path, 0o600)
        case "other service": try put(OverrideDocumentTests.text.replacing("orders", with: "payments"))
        default: try put("{\"port\":8080}")
        }
        var (before, after) = (stat(), stat())
        lstat(path, &before)
        #expect(open() == nil)
        lstat(path, &after)
        #expect(before.st_ino == after.st_ino)
        #expect(before.st_mode == after.st_mode)
        let sentence = try #require(report.sentences.first)
        #expect(sentence.hasPrefix("overrides are not kept over a restart: '\(path)' is left as it is: \(words)"))
        #expect(sentence.hasSuffix("remove it, or name another file"))
    }

    @Test("A file of somebody else is not ours", .enabled(if: geteuid() == 0, "only root can give files away"))
    func otherOwner() throws {
        try put(OverrideDocumentTests.text)
        chown(path, 4_711, 4_711)
        #expect(open() == nil)
        #expect(report.sentences.first?.contains("it belongs to uid 4711, not to uid 0 or root") == true)
    }

    @Test(
        "A folder that others may write to, is missing, or is none is refused in words",
        arguments: [
            ("shared", "others may write to folder"), ("missing/orders", "cannot open folder"),
            ("file", "Not a directory"),
        ])
    func folders(_ name: String, words: String) throws {
        let shared = "\(folder.path)/shared"
        mkdir(shared, 0o700)
        chmod(shared, 0o777)
        close(Glibc.open("\(folder.path)/file", O_WRONLY | O_CREAT, 0o600))
        #expect(open("\(folder.path)/\(name)/overrides.json")?.isKeeping == false, "it is tried again")
        #expect(report.sentences.first?.contains(words) == true, "\(report.sentences)")
        #expect(!folder.exists("shared/overrides.json.lock"))
    }

    @Test("A folder may be reached by a link, as service managers make them")
    func linkedFolder() {
        mkdir("\(folder.path)/private", 0o700)
        symlink("\(folder.path)/private", "\(folder.path)/orders")
        #expect(open("\(folder.path)/orders/overrides.json") != nil)
    }

    @Test(
        "A path that leads nowhere is refused in words", arguments: ["", "overrides.json", "/tmp/", "/tmp/..", "/a\0b"])
    func paths(_ path: String) {
        #expect(open(path) == nil)
        #expect(report.sentences.count == 1)
    }

    @Test("An empty file holds nothing, which is told: a crash may have emptied it")
    func empty() throws {
        try put("")
        #expect(open() != nil)
        #expect(report.sentences.count == 1)
        #expect(report.sentences.first?.hasPrefix("no override was restored: '\(path)' is empty") == true)
    }
}

/// What a state file holds, whoever has it locked.
func storedOverrides(_ path: String) throws -> [String: StoredOverride] {
    let file = open(path, O_RDONLY)
    try #require(file >= 0, "no file '\(path)'")
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    bytes.removeLast(bytes.count - max(0, read(file, &bytes, bytes.count)))
    return try OverrideDocument.decode(bytes, of: "orders")
}

/// Keeps the sentences that would go to the service's log.
final class Report: Sendable {
    private let kept = Mutex<[String]>([])

    var sentences: [String] { kept.withLock { $0 } }

    @Sendable func take(_ sentence: String) { kept.withLock { $0.append(sentence) } }
}
