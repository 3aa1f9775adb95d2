// SPDX-License-Identifier: Apache-2.0

import Fleet
import Glibc
import TestSupport
import Testing

@testable import Feeds

@Suite("Files that list targets", .timeLimit(.minutes(1)))
struct TargetFileTests {
    private func read(_ text: String) throws -> TargetFile { try TargetFile(Array(text.utf8)) }

    private func failure(_ text: String) -> TargetFile.Failure? {
        #expect(throws: TargetFile.Failure.self) { try read(text) }
    }

    @Test(
        "Where nothing is said, a port of this machine is TCP and any other TLS; a scheme or a label decides otherwise",
        arguments: [
            (#""localhost:1""#, "{}", "tcp:localhost:1"), (#""127.0.0.1:1""#, "{}", "tcp:127.0.0.1:1"),
            (#""[::1]:1""#, "{}", "tcp:[::1]:1"), (#""10.0.0.7:1""#, "{}", "tls:10.0.0.7:1"),
            (#""orders:1""#, "{}", "tls:orders:1"), (#""orders:1""#, #"{"tls": "false"}"#, "tcp:orders:1"),
            (#""localhost:1""#, #"{"tls": "true"}"#, "tls:localhost:1"),
            (#""localhost:1""#, #"{"__scheme__": "https"}"#, "tls:localhost:1"),
            (#""orders:1""#, #"{"__scheme__": "tcp", "tls": "true"}"#, "tcp:orders:1"),
            (#""tls:localhost:1""#, "{}", "tls:localhost:1"), (#""unix:/a.sock""#, "{}", "unix:/a.sock"),
        ]
    )
    func schemes(target: String, labels: String, source: String) throws {
        let file = try read(#"[{"targets": [\#(target)], "labels": \#(labels)}]"#)
        #expect(file.places.map(\.source.name) == [source])
        #expect(file.failures.isEmpty)
    }

    @Test("Labels stay with their targets, those of Prometheus' own do not; a target that is there twice counts once")
    func labels() throws {
        let file = try read(
            #"""
            [
              {"labels": {"team": "shop", "__meta_x": "y"}, "targets": ["a:1", "b:1", "a:1"], "more": [{"x": null}]},
              {"targets": ["b:1", "c:1"]}, {"targets": []}, {}
            ]
            """#)
        #expect(file.places.map(\.source.name) == ["tls:a:1", "tls:b:1", "tls:c:1"])
        #expect(file.places.map(\.origin.labels) == [["team": "shop"], ["team": "shop"], [:]])
        let many = (0..<100).map { #""label\#($0)": "\#(String(repeating: "x", count: 500))""# }
        let crowded = try read(#"[{"targets": ["a:1"], "labels": {\#(many.joined(separator: ","))}}]"#)
        #expect(crowded.places.first?.origin.labels.count == TargetFile.maximumLabels)
        #expect(crowded.places.first?.origin.labels.values.allSatisfy { $0.count == 200 } == true)
    }

    @Test("A target that cannot be followed is told with its line, and the others are followed")
    func badTargets() throws {
        let file = try read(
            "[{\"targets\": [\"a:1\",\n\"a:b\",\n\"tcp:10.0.0.1:1\", \"dir:/x\", \"localhost\"]}]")
        #expect(file.places.map(\.source.name) == ["tls:a:1"])
        #expect(file.failures.first?.reason.contains("“b”") == true)
        #expect(file.failures.map(\.line) == [2, 3, 3, 3], "each with its own line")
        #expect(file.failureCount == 4)
        for labels in [#"{"tls": "yes"}"#, #"{"__scheme__": "ftp"}"#, #"{"tls": "false"}"#] {
            #expect(try read(#"[{"targets": ["10.0.0.1:1"], "labels": \#(labels)}]"#).failureCount == 1)
        }
        let many = (1...TargetFile.maximumCount + 5).map { #""h\#($0):1""# }.joined(separator: ",")
        let crowded = try read(#"[{"targets": [\#(many)]}]"#)
        #expect(crowded.places.count == TargetFile.maximumCount && crowded.failureCount == 5)
        let wrong = try read("[{\"targets\": [\(Array(repeating: "\"x\"", count: 100).joined(separator: ","))]}]")
        #expect(wrong.failures.count == TargetFile.maximumFailures && wrong.failureCount == 100)
    }

    @Test(
        "A file that is no list is refused with the line where it breaks",
        arguments: [
            ("", 1, "ends too early"), ("{}", 1, "an array"), ("[\n  {\"targets\": [\"a:1\"]\n", 3, "ends too early"),
            ("[{\"targets\": [\"a:1\"],\n \"labels\": {x}}]", 2, "a key"), ("[{\"targets\": [\n\n1]}]", 3, "a string"),
            ("[{\"targets\": \"a:1\"}]", 1, "an array"), ("[{\"labels\": {\"a\": 1}}]", 1, "a string"),
            ("[]\n[]", 2, "the end"), ("[{\"targets\": [\"\u{1}\"]}]", 1, "control character"),
            (String(repeating: "[", count: 100_000), 1, "an object"),
            ("[{\"x\": \(String(repeating: "[", count: 99))", 1, "deep"),
        ]
    )
    func broken(text: String, line: Int, words: String) {
        let failure = failure(text)
        #expect(failure?.line == line && failure?.reason.contains(words) == true, "\(String(describing: failure))")
    }

    @Test("A changed file is read anew; of a broken one the last good list holds; a missing one has no targets")
    func watch() async throws {
        let temporary = try TemporaryFolder()
        let path = "\(temporary.path)/list.json"
        var watch = TargetFileWatch(path: path)
        func look(_ text: String?) async throws -> (sources: [String], complaint: String?) {
            if let text { try replace(path, with: text) } else { unlink(path) }
            let look = try #require(await watch.look())
            return (look.places.map(\.source.name), look.complaint)
        }
        #expect(try await look(nil) == ([], "file '\(path)' does not exist"))
        #expect(try await look(#"[{"targets": ["a:1"]}]"#) == (["tls:a:1"], nil))
        #expect(try #require(await watch.look()).places.count == 1)
        let broken = try await look("[\n{")
        #expect(broken.sources == ["tls:a:1"])
        #expect(broken.complaint?.hasPrefix("'\(path)', line 2: the file ends too early") == true)
        #expect(broken.complaint?.hasSuffix("the last good list holds") == true)
        #expect(try #require(await watch.look()).complaint == broken.complaint)
        #expect(try await look(#"[{"targets": ["b:1"]}]"#) == (["tls:b:1"], nil))
        #expect(try await look("[]") == ([], "'\(path)' lists no target"))
        let mixed = try await look(#"[{"targets": ["b:1", "c"]}]"#)
        #expect(mixed.sources == ["tls:b:1"] && mixed.complaint?.hasSuffix("; the other targets are followed") == true)
        let bad = try await look(#"[{"targets": ["c"]}]"#)
        #expect(bad.sources.isEmpty && bad.complaint?.hasSuffix("; nothing is left to be followed") == true)
        #expect(try await look(nil).sources.isEmpty)
    }

    @Test("A pipe, a folder and a file beyond 4 MiB are not read")
    func notRead() async throws {
        let temporary = try TemporaryFolder()
        let (pipe, folder, large) = ("\(temporary.path)/p", "\(temporary.path)/d", "\(temporary.path)/l")
        mkfifo(pipe, 0o600)
        mkdir(folder, 0o700)
        close(creat(large, 0o600))
        truncate(large, TargetFile.maximumSize + 1)
        for (path, words) in [(pipe, "not a file"), (folder, "not a file"), (large, "at most 4194304")] {
            var watch = TargetFileWatch(path: path)
            let look = try #require(await watch.look())
            #expect(look.complaint?.contains(words) == true, "\(String(describing: look.complaint))")
        }
        truncate(large, TargetFile.maximumSize)
        var watch = TargetFileWatch(path: large)
        #expect(await watch.look()?.complaint?.contains("line 1") == true)
    }

    private func replace(_ path: String, with text: String) throws {
        let file = try #require(fopen("\(path).new", "w"))
        fputs(text, file)
        fclose(file)
        rename("\(path).new", path)
    }
}
