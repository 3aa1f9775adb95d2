// SPDX-License-Identifier: Apache-2.0

import Dashboard
import Glibc

/// Where the table's arrangement is kept from one dashboard to the next. Nothing about it is worth failing for.
struct ArrangementFile {
    /// `nil` = there is no place for it, and nothing is kept.
    let path: String?

    /// In `$XDG_STATE_HOME`, or else in `~/.local/state`; a path that is not absolute names no place.
    init(environment: [String: String]) {
        let homes = [("XDG_STATE_HOME", "breakertop"), ("HOME", ".local/state/breakertop")]
        path = homes.lazy.compactMap { name, folder in environment[name].map { ($0, folder) } }
            .first { $0.0.hasPrefix("/") }.map { "\($0)/\($1)/dashboard" }
    }

    /// What was kept, or the arrangement as at first and why it cannot be read.
    func load() -> (arrangement: TableArrangement, complaint: String?) {
        do {
            guard let path, let text = try read(path) else { return (TableArrangement(), nil) }
            return (try TableArrangement(text: text), nil)
        } catch {
            return (TableArrangement(), "\(path ?? ""): \(error); the table is arranged as at first")
        }
    }

    /// Keeps an arrangement; whoever reads meanwhile sees it whole, or the one before. What cannot be read is left as it is:
    /// it is somebody's work, of a newer version perhaps, or a link that somebody made on purpose.
    ///
    /// - Returns: why it could not.
    func save(_ arrangement: TableArrangement) -> String? {
        guard let path else { return nil }
        do {
            _ = try read(path).map(TableArrangement.init(text:))
            makeFolders(above: path)
            let new = "\(path).\(getpid())"
            unlink(new)
            try write(arrangement.text, to: new)
            guard rename(new, path) == 0 else {
                let trouble = Trouble()
                unlink(new)
                throw trouble
            }
            return nil
        } catch {
            return "the table's arrangement is not kept: \(path): \(error)"
        }
    }

    /// What the system said.
    private struct Trouble: Error, CustomStringConvertible {
        let description: String

        init() { description = String(cString: strerror(errno)) }

        init(_ description: String) { self.description = description }
    }

    /// Nothing but a file of one's own is read, and no more of it than an arrangement may have.
    private func read(_ path: String) throws -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            if errno == ELOOP { throw Trouble("it is a link, which is not followed: put the file itself there") }
            throw Trouble()
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Trouble() }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else {
            throw Trouble("it is no file of yours")
        }
        var bytes = [UInt8](repeating: 0, count: TableArrangement.maximumBytes + 1)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw Trouble() }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Makes what is missing; whether that was enough shows when the file is written.
    private func makeFolders(above path: String) {
        var made = ""
        for part in path.split(separator: "/").dropLast() {
            made += "/\(part)"
            mkdir(made, 0o700)
        }
    }

    private func write(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Trouble() }
        let bytes = Array(text.utf8)
        let count = Glibc.write(descriptor, bytes, bytes.count)
        let trouble = Trouble()
        guard close(descriptor) == 0, count == bytes.count else {
            unlink(path)
            throw trouble
        }
    }
}
