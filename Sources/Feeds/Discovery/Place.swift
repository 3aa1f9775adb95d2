// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
package import Fleet

/// Where a metrics socket is, or may be.
struct Place: Sendable, Hashable {
    /// Which file a path names: a new process makes a new file of the old name.
    struct File: Sendable, Hashable {
        var device: UInt64
        var inode: UInt64
        /// When it was made or changed last, in nanoseconds: a number that is free is given out again.
        var changed: Int64
    }

    var endpoint: Endpoint
    var isSecured: Bool
    var origin: SourceOrigin
    /// Whether somebody named it: then it is news when nobody is there.
    var isNamed: Bool
    /// The socket's file; `nil` on TCP, and while it is not there.
    var file: File?

    /// A port, behind TLS or of this machine.
    init(_ place: HostAndPort, isSecured: Bool, labels: [String: String] = [:]) {
        endpoint = .tcp(host: place.host, port: place.port)
        self.isSecured = isSecured
        origin = SourceOrigin(kind: isSecured ? .tls : .tcp, labels: labels)
        isNamed = true
    }

    /// A socket's path.
    init(path: String, isNamed: Bool, file: File?, labels: [String: String] = [:], owner: UInt32? = nil) {
        endpoint = .unix(path: path)
        isSecured = false
        origin = SourceOrigin(kind: .unix, labels: labels, owner: owner, isFound: !isNamed)
        self.isNamed = isNamed
        self.file = file
    }

    /// The source's name, such as `tls:orders.example.org:7411`.
    var source: SourceID {
        guard isSecured, case .tcp(let host, let port) = endpoint else { return SourceID(endpoint.description) }
        return SourceID("tls:\(HostAndPort(host: host, port: port))")
    }
}

extension Place {
    /// The end of a connection over which nobody said a word, with what may be the reason: on a port behind TLS
    /// whoever was called waits for the caller's first word.
    func explain(_ end: SocketConversation.End) -> SocketConversation.End {
        guard origin.kind == .tcp, case .lost(let reason) = end else { return end }
        return .lost(reason: "\(reason); if that port speaks TLS, write \(source.securedName)")
    }
}

extension SourceID {
    /// What a port is called as a target behind TLS.
    package var securedName: String { name.hasPrefix("tcp:") ? "tls:\(name.dropFirst(4))" : name }
}

/// Something that says, again and again, where metrics sockets are.
protocol PlaceWatch: Sendable {
    /// What it is to the user while it cannot say.
    var source: SourceID { get }
    var kind: SourceKind { get }
    /// Whether a connection is closed when its place is no longer told. Where it is not, the connection's own end is
    /// waited for, and no other is made.
    var closesWhatGoes: Bool { get }

    /// Rung when it may be worth looking before the pause is over; `nil` = nobody would know.
    var bell: Doorbell? { get }

    /// Looks once; `nil` when the task was cancelled.
    mutating func look() async -> Look?
}

extension PlaceWatch {
    var bell: Doorbell? { nil }
}

/// What a watch saw.
struct Look: Sendable {
    /// All places there are now, as far as it knows.
    var places: [Place]
    /// What a person has to know or to mend.
    var complaint: String?
    /// How soon to look again, if nobody rings.
    var pause: Duration
}
