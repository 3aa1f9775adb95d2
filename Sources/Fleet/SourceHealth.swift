// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// How well a source serves the monitor, over all its connections.
package struct SourceHealth: Sendable {
    /// Something that went wrong.
    package struct Trouble: Sendable, Hashable {
        /// When, in milliseconds since 1970, on the monitor's clock.
        package var t: Milliseconds
        package var reason: String
    }

    /// Lines that brought a fact.
    package private(set) var lines: Int64 = 0
    /// Bytes that came over the wire.
    package private(set) var bytes: Int64 = 0
    /// Events that the source said this monitor will not get.
    package private(set) var missedEvents: Int64 = 0
    /// How often the service said who it is, over all its boots.
    package private(set) var greetings: Int64 = 0
    /// The last loss or complaint, even when all is well again.
    package private(set) var trouble: Trouble?
    /// The newest connection's other end.
    package var link: SourceLink?
    private var arrivals = ArrivalLag()
    private var throughput = Throughput()

    package init() {}

    /// Connections after the first that got as far as a greeting.
    package var reconnects: Int64 { max(0, greetings - 1) }

    /// How much later than the quickest of the last minute or two the newest sample arrived, in milliseconds; `nil`
    /// before one came. See ``ArrivalLag``.
    package var lag: Milliseconds? { arrivals.lag }

    /// Bytes a second over the last seconds, as of a moment of the monitor's monotonic clock.
    package func bytesPerSecond(at now: Milliseconds) -> Double { throughput.rate(at: now) }

    mutating func received(bytes: Int, at now: Milliseconds) {
        guard bytes > 0 else { return }
        lines += 1
        self.bytes = self.bytes.saturatingSum(Int64(bytes))
        throughput.add(Int64(bytes), at: now)
    }

    mutating func sampled(up: Milliseconds, at now: Milliseconds) { arrivals.arrived(up: up, at: now) }

    mutating func missed(_ count: Int64) { missedEvents = missedEvents.saturatingSum(count) }

    mutating func greeted() {
        greetings += 1
        arrivals = ArrivalLag()
    }

    mutating func suffered(_ reason: String, t: Milliseconds) { trouble = Trouble(t: t, reason: reason) }
}

/// The kinds of places that facts come from, and of places that name others.
package enum SourceKind: String, Sendable, Hashable {
    case unix
    case tcp
    case tls
    /// A folder of sockets.
    case folder
    /// A file that lists targets.
    case file
    /// A name of the DNS that lists targets.
    case srv
}

/// What a source is, and how it came to be followed.
package struct SourceOrigin: Sendable, Hashable {
    package var kind: SourceKind
    /// What the list of targets says about it, for people.
    package var labels: [String: String]
    /// The user whose socket it is; `nil` = the monitor's own, or no user is known.
    package var owner: UInt32?
    /// Whether it was found in a folder: then its file's name tells of which service and instance it is.
    package var isFound: Bool

    package init(kind: SourceKind, labels: [String: String] = [:], owner: UInt32? = nil, isFound: Bool = false) {
        self.kind = kind
        self.labels = labels
        self.owner = owner
        self.isFound = isFound
    }
}

/// What is known of a connection's other end besides what it says of itself.
package struct SourceLink: Sendable, Hashable {
    /// The minor version of the protocol that the service speaks.
    package var protocolMinor: Int64
    /// The names in the certificate that the service showed; empty without TLS.
    package var certificateNames: [String]
    /// When the service's certificate ends, in milliseconds since 1970; `nil` without TLS.
    package var certificateExpires: Milliseconds?
    /// When the certificate that the monitor showed ends; `nil` when it showed none.
    package var ownCertificateExpires: Milliseconds?

    package init(
        protocolMinor: Int64, certificateNames: [String] = [], certificateExpires: Milliseconds? = nil,
        ownCertificateExpires: Milliseconds? = nil
    ) {
        self.protocolMinor = protocolMinor
        self.certificateNames = certificateNames
        self.certificateExpires = certificateExpires
        self.ownCertificateExpires = ownCertificateExpires
    }
}

extension SourceHealth {
    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        for count in [\Self.lines, \.bytes, \.missedEvents, \.greetings] {
            try memento.exchange(&self[keyPath: count], in: Memento.natural)
        }
        try memento.exchange(&trouble, blank: Trouble(t: 0, reason: "")) { (trouble, memento) throws(MementoError) in
            try memento.exchange(&trouble.t)
            try memento.exchange(&trouble.reason)
        }
        try memento.exchange(&link, blank: SourceLink(protocolMinor: 0)) { (link, memento) throws(MementoError) in
            try link.exchange(with: &memento)
        }
        try arrivals.exchange(with: &memento)
        try throughput.exchange(with: &memento)
    }
}

extension SourceLink {
    static let maximumNames = 64

    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try memento.exchange(&protocolMinor)
        try memento.exchange(&certificateNames, atMost: Self.maximumNames, blank: "") {
            (name, memento) throws(MementoError) in
            try memento.exchange(&name)
        }
        try memento.exchange(&certificateExpires)
        try memento.exchange(&ownCertificateExpires)
    }
}

extension SourceOrigin {
    static let maximumLabels = 256

    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        var kind = kind.rawValue
        try memento.exchange(&kind)
        self.kind = SourceKind(rawValue: kind) ?? .unix
        var labels = labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        try memento.exchange(&labels, atMost: Self.maximumLabels, blank: ("", "")) {
            (label, memento) throws(MementoError) in
            try memento.exchange(&label.0)
            try memento.exchange(&label.1)
        }
        if memento.isRead { self.labels = Dictionary(labels) { _, last in last } }
        try memento.exchange(&owner, blank: 0) { (owner, memento) throws(MementoError) in
            try memento.exchange(&owner, in: 0...UInt32.max)
        }
        try memento.exchange(&isFound)
    }
}
