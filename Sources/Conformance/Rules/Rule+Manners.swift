// SPDX-License-Identifier: Apache-2.0

extension Rule {
    /// What a service does with what it did not expect.
    static let manners: [Rule] = [
        Rule(
            "legal-json", "Rules, and why",
            "Any legal JSON is good: any order of keys, white space, escapes, 36e5 for 3600000.", in: .legal
        ) {
            legal throws(Finding) in
            guard legal.first("subscribed") != nil else {
                throw legal.broken("a legal `subscribe` was not taken", legal.first("error"))
            }
        },
        Rule(
            "unknown-type-first", "The service's side",
            "An unknown type before `subscribe` is answered `unexpected` and skipped.", in: .unknownFirst
        ) {
            transcript throws(Finding) in
            let sent = try transcript.needed(sent: "unknown")
            guard let error = transcript.error(about: sent) else {
                throw transcript.broken("no error about line \(sent.number)", transcript.first("error"))
            }
            guard error.json?["code"]?.string == "unexpected" else {
                throw transcript.broken("expected `unexpected`", error)
            }
            guard transcript.first("subscribed") != nil else {
                throw transcript.broken("`subscribe` was not taken after it", error)
            }
        },
        refusedFirst(
            "command-first", .commandFirst, "unexpected",
            "A `command` before `subscribe` is answered `unexpected`, and the connection closed."),
        refusedFirst(
            "detail-first", .detailFirst, "unexpected",
            "A `detail` before `subscribe` is answered `unexpected`, and the connection closed."),
        refusedFirst(
            "interval-zero", .zeroInterval, "bad_value",
            "An `interval_ms` of 0 is answered `bad_value`, and the connection closed."),
        refusedFirst(
            "stranger", .stranger, "malformed",
            "A line before `subscribe` that is no message is answered by its error, and the connection closed."
        ),
        Rule(
            "subscribe-timeout", "The service's side",
            "Who does not subscribe within 5 s gets `timeout`, and the connection closed.", in: .silence
        ) {
            silence throws(Finding) in
            guard let error = silence.first("error") else { throw silence.broken("no error came within 7 s") }
            guard error.json?["code"]?.string == "timeout" else { throw silence.broken("expected `timeout`", error) }
            guard silence.ending == .theirs else { throw silence.broken("the connection was not closed", error) }
            guard error.at >= WireBounds.subscribeTime - .milliseconds(500) else {
                throw silence.broken("it came too soon", error)
            }
        },
        Rule(
            "error-limit", "The service's side",
            "After 100 lines answered by an error, the next is answered and the connection closed.", in: .flood
        ) {
            flood throws(Finding) in
            _ = try flood.needed("subscribed")
            let errors = flood.all("error").count
            guard errors == WireBounds.errors + 1 else {
                throw flood.broken(
                    "\(errors) errors came for \(flood.sent.count - 1) useless lines, expected 101",
                    flood.all("error").last)
            }
            guard flood.ending == .theirs else { throw flood.broken("the connection was not closed") }
        },
        Rule(
            "half-line", "Rules, and why",
            "What follows the last LF is no line; the rest goes on while half of one is waited for.", in: .stall
        ) {
            stall throws(Finding) in
            let sent = try stall.needed(sent: "half")
            guard stall.ending == .ours else { throw stall.broken("it was closed") }
            if let error = stall.first("error") { throw stall.broken("half a line was answered", error) }
            guard stall.all("sample").contains(where: { $0.at > sent.at + .milliseconds(100) }) else {
                throw stall.broken("no sample came while the line was waited for")
            }
        },
        Rule(
            "reader-dropped", "The service's side",
            "A monitor that does not take what it asked for within 10 s is dropped.", in: .deaf
        ) {
            deaf throws(Finding) in
            let waited = try deaf.needed(sent: "waited")
            guard deaf.ending == .theirs, let end = deaf.endedAt, end <= waited.at else {
                throw deaf.broken("it goes on after \(waited.at.components.seconds) s")
            }
        },
        Rule(
            "others-unharmed", "Rules, and why",
            "No monitor slows the service down for others, whatever it sends or does not read."
        ) {
            record throws(Finding) in
            let watch = try record[.watch]
            guard let start = record.quietUntil, let interval = watch.first("subscribed")?.json?["interval_ms"]?.integer
            else {
                throw .notTested("the first conversation did not reach `ready`")
            }
            let end = record.busyUntil ?? start
            if let closed = watch.endedAt, closed < end {
                throw watch.broken("it was closed while other connections were tested")
            }
            let limit = max(Duration.milliseconds(interval) * 3, .seconds(2))
            let times = watch.all("sample").map(\.at).filter { $0 >= start && $0 <= end } + [end]
            for (before, after) in zip([start] + times, times) where after - before > limit {
                throw watch.broken(
                    "nothing came for \(Int((after - before) / .milliseconds(1))) ms while others were busy")
            }
        },
    ]

    /// One rule for each line that cannot be used.
    static let mistakes: [Rule] = Mistake.allCases.map { mistake in
        Rule(
            mistake.id, "The service's side", "\(mistake.words) is answered `\(mistake.code)`, and skipped.",
            in: .mistake(mistake)
        ) {
            transcript throws(Finding) in
            let sent = try transcript.needed(sent: mistake.id)
            guard let error = transcript.error(about: sent) else {
                let answer = transcript.lines.first { $0.at >= sent.at && ["error", "result"].contains($0.type) }
                throw transcript.broken("no error about line \(sent.number)", answer)
            }
            guard error.json?["code"]?.string == mistake.code else {
                throw transcript.broken("expected `\(mistake.code)`", error)
            }
            guard transcript.ending == .ours else {
                throw transcript.broken("the connection was closed after it", error)
            }
        }
    }

    /// What `bye` is for.
    static let farewell: [Rule] = [
        Rule(
            "bye-said", "bye", "A service that stops in order says `bye` last, and closes.", severity: .should,
            in: .watch
        ) {
            watch throws(Finding) in
            guard watch.sent("wait-bye") != nil else { throw .notTested("needs --wait-bye SECONDS") }
            guard watch.ending == .theirs else { throw .notTested("the service did not stop in that time") }
            guard watch.known.last?.type == "bye" else {
                throw watch.broken("it closed without `bye`", watch.known.last)
            }
        }
    ]

    private static func refusedFirst(_ id: String, _ dialogue: Dialogue, _ code: String, _ statement: String) -> Rule {
        Rule(id, "The service's side", statement, in: dialogue) { transcript throws(Finding) in
            guard let error = transcript.first("error") else { throw transcript.broken("no error came") }
            guard error.json?["code"]?.string == code else { throw transcript.broken("expected `\(code)`", error) }
            guard transcript.ending == .theirs else { throw transcript.broken("the connection was not closed", error) }
        }
    }
}
