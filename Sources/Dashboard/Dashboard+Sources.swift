// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

/// How a source is, the worst first.
enum SourceStanding: Int, Sendable, Comparable {
    case lost, stale, connecting, fresh, stopped

    init(_ source: Source, at now: Milliseconds) {
        if source.isStopped(at: now) {
            self = .stopped
        } else if source.isDown {
            // Who said goodbye and stays away is missing.
            self = .lost
        } else if source.isFresh(at: now) {
            self = .fresh
        } else {
            self = source.phase == .ready ? .stale : .connecting
        }
    }

    var word: String {
        switch self {
        case .lost: "LOST"
        case .stale: "stale"
        case .connecting: "connecting"
        case .fresh: "fresh"
        case .stopped: "stopped"
        }
    }

    var glyph: String {
        switch self {
        case .lost: "✗"
        case .stale: "◌"
        case .connecting: "…"
        case .fresh: "●"
        case .stopped: "○"
        }
    }

    func style(_ theme: Theme) -> Style {
        switch self {
        case .lost: theme.alarm
        case .stale, .connecting: theme.attention
        case .fresh: theme.good
        case .stopped: theme.quiet
        }
    }

    static func < (left: SourceStanding, right: SourceStanding) -> Bool { left.rawValue < right.rawValue }
}

/// A source as a row tells of it.
struct SourceFacts: Sendable {
    let source: Source
    let identity: ServiceIdentity?
    let standing: SourceStanding
    let now: TelemetryInstant

    init(_ source: Source, in fleet: FleetModel) {
        self.source = source
        identity = source.instance.flatMap { fleet.instances[$0]?.identity }
        standing = SourceStanding(source, at: fleet.now.up)
        now = fleet.now
    }

    /// The service's name, as long as it is known, else the place.
    var service: String? { identity?.service ?? source.instance?.service }

    /// How soon the first of its certificates ends, in milliseconds; `nil` without TLS.
    var certificateLeft: Milliseconds? {
        let ends = [source.health.link?.certificateExpires, source.health.link?.ownCertificateExpires]
        return ends.compactMap(\.self).min().map { $0.saturatingDifference(now.t) }
    }

    /// Certificates that end sooner than this, in milliseconds, want to be renewed: 14 days.
    static let certificateWarning: Milliseconds = 14 * 86_400_000

    var isCertificateNear: Bool { certificateLeft.map { $0 < Self.certificateWarning } ?? false }

    /// Why it is as it is, where that is not plain.
    var reason: String {
        switch source.phase {
        case .lost(let reason), .stopped(let reason): reason
        default:
            standing == .lost
                ? source.health.trouble?.reason ?? "said goodbye and did not return"
                : standing == .stale
                    ? "silent for \(Format.duration(now.up.saturatingDifference(source.lastHeard)))" : ""
        }
    }

    /// Every text about it, for words to be found in.
    var texts: [String] {
        let labels = source.origin?.labels.flatMap { [$0.key, $0.value] } ?? []
        let names = identity.map { [$0.service, $0.instance, $0.environment, $0.version, $0.host, $0.boot] } ?? []
        let role = source.mayOperate ? "operator" : "observer"
        return [source.id.name, standing.word, source.origin?.kind.rawValue ?? "", role, reason] + names + labels
    }
}

/// The sources that the view shows, and the one that the cursor sticks to.
struct SourcesState: Sendable {
    var list = StickyList<SourceID>()
    /// Words that must all be found.
    private(set) var filter = ""

    mutating func filter(by text: String) { filter = text }

    /// - Parameter isHeld: whether rows hold still; then only those that are gone leave.
    mutating func refresh(from fleet: FleetModel, isHeld: Bool) {
        guard !isHeld || list.ids.isEmpty else {
            return list.refresh(list.ids.filter { fleet.sources[$0] != nil })
        }
        let words = filter.lowercased().split(separator: " ")
        let shown = fleet.sources.values.map { SourceFacts($0, in: fleet) }.filter { facts in
            guard !words.isEmpty else { return true }
            let texts = facts.texts.map { $0.lowercased() }
            return words.allSatisfy { word in texts.contains { $0.contains(word) } }
        }
        let sorted = shown.sorted { left, right in
            left.standing == right.standing ? left.source.id < right.source.id : left.standing < right.standing
        }
        list.refresh(sorted.map(\.source.id))
    }
}

extension Dashboard {
    mutating func refreshSources() {
        sourcesState.refresh(from: fleet, isHeld: table.isHeld(at: now.up))
    }

    mutating func filterSources(by text: String) {
        sourcesState.filter(by: text)
        table.release()
        refreshSources()
    }

    /// Enter: the circuits of the source's service.
    mutating func enterSource() -> [Effect] {
        guard let source = sourcesState.list.selected.flatMap({ fleet.sources[$0] }) else {
            notice = "no source is selected"
            return []
        }
        guard let service = SourceFacts(source, in: fleet).service else {
            notice = "that source never said which service it is"
            return []
        }
        return showCircuits(of: service)
    }
}
