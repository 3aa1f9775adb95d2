// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// What is in a recording, read once before it is merged with others.
struct Survey {
    private(set) var sources: Set<SourceID> = []
    /// When each process would have started by the recording's clock: the least that any of its samples tells.
    private(set) var origins: [InstanceKey: Milliseconds] = [:]
    let span: ClosedRange<Milliseconds>

    /// The most processes whose times are compared.
    private static let maximumOrigins = 65_536

    init(_ player: Player) throws(RecordingError) {
        let start = player.header.started
        span = start...max(start, try player.end())
        var processes: [SourceID: InstanceKey] = [:]
        for source in player.moment.fleet.sources.values {
            sources.insert(source.id)
            processes[source.id] = source.instance
        }
        while let fact = try player.next(until: span.upperBound) {
            sources.insert(fact.source)
            switch fact.fact {
            case .source(.greeted(let identity, _)): processes[fact.source] = InstanceKey(identity)
            case .sample(let sample, _):
                guard let key = processes[fact.source] else { continue }
                let origin = fact.at.up.saturatingDifference(sample.at.up)
                if origins[key] != nil || origins.count < Self.maximumOrigins {
                    origins[key] = min(origins[key] ?? .max, origin)
                }
            default: break
            }
        }
    }
}

/// How far the clocks of recordings are apart, by the processes that several of them saw.
enum ClockComparison {
    /// Less than this may be the way over the network.
    static let tolerance: Milliseconds = 500

    /// A sentence for each recording whose clock is not that of one before it.
    static func notes(_ recordings: [(name: String, origins: [InstanceKey: Milliseconds])]) -> [String] {
        recordings.indices.dropFirst().compactMap { index in
            for former in 0..<index {
                let common = recordings[index].origins.compactMap { key, origin in
                    recordings[former].origins[key].map { origin.saturatingDifference($0) }
                }.sorted()
                guard !common.isEmpty else { continue }
                let ahead = common[common.count / 2]
                guard abs(max(ahead, -.max)) > tolerance else { return nil }
                let way = ahead > 0 ? "ahead of" : "behind"
                let by = common.count == 1 ? "a process that both saw" : "\(common.count) processes that both saw"
                return """
                    the clock of \(recordings[index].name) was \(TimeSpan.precise(abs(max(ahead, -.max)))) \(way) that of \
                    \(recordings[former].name), by \(by); nothing was shifted
                    """
            }
            return nil
        }
    }
}
