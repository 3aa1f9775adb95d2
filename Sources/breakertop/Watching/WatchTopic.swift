// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerTelemetry
import Fleet

/// What a line of `watch` is about, in the words of `--only`: those that its JSON and the protocol have as types.
enum WatchTopic: String, CaseIterable, Sendable {
    case circuit, state, override, command, probe
    case retryExhausted = "retry_exhausted"
    case config, source
}

/// The topics that are told. Gaps are told whatever was asked for: what is lost could have been of any topic.
struct WatchTopics: Sendable, Hashable {
    private let topics: Set<WatchTopic>

    static let all = WatchTopics(topics: Set(WatchTopic.allCases))
    /// All words that can be said.
    static let words = WatchTopic.allCases.map(\.rawValue)

    private init(topics: Set<WatchTopic>) { self.topics = topics }

    /// Reads words with commas between them.
    init(_ text: String) throws(ValidationError) {
        var topics: Set<WatchTopic> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let topic = WatchTopic(rawValue: String(word.replacing("-", with: "_"))) else {
                throw ValidationError(
                    "“\(word.prefix(40))” is nothing that a line is about; there are \(Self.words.joined(separator: ", "))"
                )
            }
            topics.insert(topic)
        }
        self.topics = topics
    }

    /// Whether a line is told.
    func include(_ line: WatchLine) -> Bool { line.topic.map(topics.contains) ?? true }
}

extension WatchLine {
    /// `nil` for what is told whatever was asked for.
    fileprivate var topic: WatchTopic? {
        switch kind {
        case .circuit: .circuit
        case .silent, .heard: .source
        case .ready, .dropped: nil
        case .event(let kind, _): kind.topic
        }
    }
}

extension FleetEvent.Kind {
    fileprivate var topic: WatchTopic? {
        switch self {
        case .told(let kind): kind.topic
        case .overrideLost: .override
        case .gap: nil
        case .lost, .stopped, .appeared, .restarted, .twin, .unreadable, .tooMany: .source
        }
    }
}

extension Event.Kind {
    fileprivate var topic: WatchTopic? {
        switch self {
        case .state: .state
        case .override: .override
        case .command: .command
        case .probe: .probe
        case .retryExhausted: .retryExhausted
        case .config: .config
        case .suppressed(let kind, _): WatchTopic(rawValue: kind)
        }
    }
}
