// SPDX-License-Identifier: Apache-2.0

extension Examination {
    /// Monitors that do not do what is expected: a few at a time, since a service has few places.
    func strangers(_ facts: Facts, _ log: Log) async {
        var dialogues: [Dialogue] = [
            .eager, .legal, .unknownFirst, .commandFirst, .detailFirst, .zeroInterval, .stranger,
        ]
        dialogues += Mistake.allCases.map { .mistake($0) }
        await withTaskGroup(of: Void.self) { group in
            for (index, dialogue) in dialogues.enumerated() {
                if index >= 4 { await group.next() }
                group.addTask { await hold(dialogue, log) { talk in await converse(dialogue, talk, facts) } }
            }
        }
    }

    private func converse(_ dialogue: Dialogue, _ talk: Talk, _ facts: Facts) async {
        switch dialogue {
        case .eager:
            await talk.send(SubscribeLine(interval: 1, filter: facts.filter))
            await talk.wait(Self.patience) { $0.isReady }
        case .legal:
            await greeted(talk)
            await talk.send(
                "subscribe",
                " {\"new\":[{\"type\":null},[],1e-7],\t\"interval_ms\" : 36e5 ,"
                    + "\"\\u0063lient\":\"b\\u0072eakertop \\ud83d\\ude00\",\"filter\":null,"
                    + "\"type\":\"sub\\u0073cribe\"}\r"
            )
            await talk.wait(Self.patience) { $0.isReady }
        case .unknownFirst:
            await greeted(talk)
            await talk.send("unknown", #"{"type":"conform"}"#)
            await talk.wait(Self.answerTime) { $0.first("error") != nil }
            await talk.send(SubscribeLine(filter: facts.filter))
            await talk.wait(Self.patience) { $0.isReady }
        case .commandFirst:
            await greeted(talk)
            await talk.send("command", CommandLine(facts, action: "clear").bytes)
            await talk.wait(Self.answerTime) { _ in false }
        case .detailFirst:
            await greeted(talk)
            await talk.send("detail", #"{"type":"detail","circuits":[1]}"#)
            await talk.wait(Self.answerTime) { _ in false }
        case .zeroInterval:
            await greeted(talk)
            await talk.send(SubscribeLine(interval: 0))
            await talk.wait(Self.answerTime) { _ in false }
        case .stranger:
            await talk.sendPart("http", "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}\n")
            await talk.wait(Self.answerTime) { _ in false }
        case .mistake(let mistake): await make(mistake, talk, facts)
        default: break
        }
    }

    private func make(_ mistake: Mistake, _ talk: Talk, _ facts: Facts) async {
        guard await subscribed(talk, SubscribeLine(filter: facts.filter)) else { return }
        await talk.send(mistake.id, mistake.line(facts))
        guard await talk.wait(Self.answerTime, until: { !$0.all("error").isEmpty || $0.first("result") != nil }) else {
            return
        }
        // Somebody who closes does so soon.
        await talk.listen(.milliseconds(200))
    }

    /// Who connects and never says a word.
    func silence(_ log: Log) async {
        await hold(.silence, log) { talk in await talk.listen(WireBounds.subscribeTime + .seconds(2)) }
    }

    func greeted(_ talk: Talk) async { await talk.wait(Self.answerTime) { $0.first("hello") != nil } }

    /// Subscribes and waits for `ready`.
    func subscribed(_ talk: Talk, _ subscribe: SubscribeLine = SubscribeLine()) async -> Bool {
        await greeted(talk)
        await talk.send(subscribe)
        return await talk.wait(Self.patience) { $0.isReady }
    }
}
