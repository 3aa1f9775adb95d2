// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Glibc

extension Target {
    /// The forms that ``init(parsing:)`` takes, for help and errors.
    package static let forms =
        "unix:PATH, tcp:HOST:PORT, tls:HOST:PORT, dir:PATH, file:PATH, srv:NAME, srv+tls:NAME, or the path of a socket,"
        + " a folder or a .json file"

    /// Reads a target as an operator writes it; an IPv6 address stands in brackets.
    ///
    /// Of a bare path, what is there decides: a socket, a folder or a list. Where nothing is yet, `.sock` and `.json` say
    /// what will be, and else a folder is waited for if the path has a slash.
    /// - Throws: ``TargetError``, also for TCP to another machine's address.
    package init(parsing text: String) throws(TargetError) {
        guard let (scheme, rest) = Self.split(text) else {
            self = try Self.barePath(text)
            return
        }
        guard !rest.isEmpty, !rest.utf8.contains(0) else { throw Self.unknown(text) }
        switch scheme {
        case "unix": self = .unix(path: try Self.socketPath(rest))
        case "tcp": self = .tcp(try Self.local(try HostAndPort(parsing: rest)))
        case "tls": self = .tls(try HostAndPort(parsing: rest))
        case "dir": self = .folder(path: rest)
        case "file": self = .file(path: rest)
        default: self = .service(name: try Self.serviceName(rest), isSecured: scheme == "srv+tls")
        }
    }

    private static func split(_ text: String) -> (scheme: String, rest: String)? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = String(text[..<colon])
        guard ["unix", "tcp", "tls", "dir", "file", "srv", "srv+tls"].contains(scheme) else { return nil }
        return (scheme, String(text[text.index(after: colon)...]))
    }

    private static func barePath(_ path: String) throws(TargetError) -> Target {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw unknown(path) }
        var status = stat()
        guard stat(path, &status) == 0 else { return try absentPath(path) }
        switch status.st_mode & S_IFMT {
        case S_IFSOCK: return .unix(path: try socketPath(path))
        case S_IFDIR: return .folder(path: path)
        default:
            guard path.hasSuffix(".json") else {
                throw TargetError("“\(path.shown)” is neither a socket nor a folder; a list of targets is named *.json")
            }
            return .file(path: path)
        }
    }

    private static func absentPath(_ path: String) throws(TargetError) -> Target {
        if path.hasSuffix(".sock") { return .unix(path: try socketPath(path)) }
        if path.hasSuffix(".json") { return .file(path: path) }
        if !path.contains("/"), let place = try? HostAndPort(parsing: path) {
            throw TargetError(
                "“\(path.shown)” could be two things; write tcp:\(place) on this machine, or tls:\(place)")
        }
        guard path.contains("/"), !path.contains("://") else { throw unknown(path) }
        return .folder(path: path)
    }

    private static func unknown(_ text: String) -> TargetError {
        TargetError("“\(text.shown)” is no target; write \(forms)")
    }

    private static func socketPath(_ path: String) throws(TargetError) -> String {
        guard path.utf8.count <= Endpoint.maximumPathLength else {
            let most = Endpoint.maximumPathLength
            throw TargetError("“\(path.shown)” has \(path.utf8.count) bytes; a socket's path has at most \(most)")
        }
        return path
    }

    private static func serviceName(_ name: String) throws(TargetError) -> String {
        guard name.utf8.count <= 253, name.utf8.allSatisfy(HostAndPort.isNameByte) else {
            throw TargetError("“\(name.shown)” is no name of the DNS; write such as srv:_breakertop._tcp.example.org")
        }
        return name
    }

    /// Refuses another machine's address: without TLS anybody on the way could read, and answer.
    static func local(_ place: HostAndPort) throws(TargetError) -> HostAndPort {
        guard IPAddress.isLiteral(place.host), !IPAddress.isLoopback(place.host) else { return place }
        throw TargetError("“tcp:\(place)” is beyond this machine, where TCP needs TLS; write tls:\(place)")
    }
}
