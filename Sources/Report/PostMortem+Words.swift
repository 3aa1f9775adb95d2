// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Dashboard
import Fleet

// What is in a post-mortem as sentences' parts, in the words that the views have.

extension PostMortem {
    var clock: ReportClock { ReportClock(span) }

    static func name(_ key: CircuitKey) -> Sentence { .foreign(key.displayName) }

    static func name(_ place: Place) -> Sentence {
        .foreign(place.instance.isEmpty ? place.service : place.instance)
    }
}

extension PostMortem.Outage {
    /// Why it opened: `failure ratio 68% ≥ 60%: 41 of 60 calls`.
    var why: Sentence {
        guard let trip else { return .words(cause.map(\.words) ?? "why is not known") }
        switch trip.rule {
        case RuleDescription.failureRatio, RuleDescription.consecutiveFailures, "probe_failed":
            return .words(trip.sentence(rule))
        default: return .foreign(trip.rule)
        }
    }

    /// The last errors, the most frequent first.
    var errors: Sentence {
        (trip?.errors ?? []).sorted { $0.count > $1.count }.prefix(3).map { error -> Sentence in
            let text = error.message.isEmpty ? error.type : "\(error.type): \(error.message)"
            return error.count > 1 ? "\(foreign: text) ×\(error.count)" : .foreign(text)
        }.joined(by: ", ")
    }

    /// How it ended, and how long it lasted.
    func outcome(_ clock: ReportClock) -> Sentence {
        let length = TimeSpan.precise(length(until: clock.span.upperBound))
        let again =
            switch reopened {
            case 0: ""
            case 1: "; opened again once meanwhile"
            default: "; opened again \(reopened) times meanwhile"
            }
        switch (ended, end) {
        case (let ended?, .gone):
            return "\(strong: length), until its process was gone at \(words: clock.text(ended) + again)"
        case (let ended?, .closed(let cause)):
            let why = cause.map { " (\($0.words))" } ?? ""
            return "\(strong: length), closed at \(words: clock.text(ended) + why + again)"
        default: return "\(strong: "≥ \(length)"), not closed at the end\(words: again)"
        }
    }
}

extension PostMortem.Action {
    var isRefused: Bool { refusal != nil }

    /// Who, by the name that was claimed and the authenticated one.
    var author: String { CircuitOverride(principal: principal, claimed: claimed).author }

    /// Whether it forces open.
    var isOpening: Bool {
        switch what {
        case .command(let action): action == .forceOpen
        case .override(let mode, _): mode == .forcedOpen
        }
    }

    /// How long a force was meant to hold; empty = it is none.
    var time: String {
        isForce ? lifetime.map { " for \(TimeSpan.precise($0))" } ?? " until cleared" : ""
    }

    /// `force open for 10 min`.
    var deed: Sentence {
        switch what {
        case .command(let action): return .words(action.title.lowercased() + time)
        case .override(_, let cause):
            let action: CommandAction = isOpening ? .forceOpen : .forceClosed
            let how =
                switch cause {
                case .restored: ", restored after a restart"
                case .config: ", by configuration"
                case .command, .expiry: ""
                case nil: ", found as it was"
                }
            return .words(action.title.lowercased() + time + how)
        }
    }

    /// What came of it.
    var result: Sentence { refusal.map { "refused: \(foreign: $0.rawValue)" } ?? "done" }

    /// How a force ended, as what is said of it; empty = it is none.
    func outcome(_ clock: ReportClock) -> Sentence {
        guard isForce else { return "" }
        guard let ended else { return "held at the end" }
        let when = "at \(clock.text(ended)), after \(TimeSpan.precise(ended.saturatingDifference(at)))"
        switch end {
        case .cleared("")?: return "was cleared \(words: when), nobody saw by whom"
        case .cleared(let author)?: return "was cleared by \(foreign: author) \(words: when)"
        case .expired?: return "ran out \(words: when)"
        case .replaced?: return "gave way to another one \(words: when)"
        case .lost?: return "was lost by the restart \(words: when)"
        case .other(.config)?: return "was ended by configuration \(words: when)"
        case .other?, nil: return "ended \(words: when), nobody saw how"
        }
    }
}

extension PostMortem.Loss {
    /// What is missing because of it.
    func words(_ clock: ReportClock) -> Sentence {
        switch kind {
        case .lost(let reason): return "lost: \(foreign: reason)\(back(clock))"
        case .stopped(""): return "stopped\(back(clock))"
        case .stopped(let reason): return "stopped: \(foreign: reason)\(back(clock))"
        case .silent: return "silent: connected, but nothing was heard\(back(clock))"
        case .gap(let count): return "gap: \(words: Format.count(count)) events were lost on the way"
        case .suppressed(let kind, let count):
            return "\(words: Format.count(count)) more events of kind \(foreign: kind) were left out by the service"
        case .unreadable(let complaint): return "unreadable: \(foreign: complaint)"
        case .tooMany(let limit):
            return "too many circuits: those beyond \(words: Format.count(Int64(limit))) were not kept"
        case .twin: return "twin: two live processes had this name"
        case .overrideLost: return "override lost by the restart"
        case .damage(let words): return "the recording is damaged here: \(foreign: words)"
        case .missing:
            let end = until ?? at
            let length = TimeSpan.precise(end.saturatingDifference(at))
            return "nothing is in the recording up to \(words: clock.text(end)), for \(words: length)"
        case .clock(let step):
            let (way, length) = (step > 0 ? "forward" : "back", TimeSpan.precise(abs(max(step, -.max))))
            return "the recorder's wall clock was put \(words: way) by \(words: length); times here go on as before"
        }
    }

    private func back(_ clock: ReportClock) -> Sentence {
        guard let until else { return "; not heard again" }
        let how = isReplaced ? "another process came in its place" : "heard again"
        let time = TimeSpan.precise(until.saturatingDifference(at))
        return "; \(words: how) at \(words: clock.text(until)), after \(words: time)"
    }
}
