// SPDX-License-Identifier: Apache-2.0

import BreakerSockets

extension Examination {
    /// Monitors that are a burden, each for a while, one beside the other.
    func burdens(_ facts: Facts, _ log: Log) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await stall(facts, log) }
            group.addTask { await unread(log) }
            group.addTask { await flood(facts, log) }
        }
    }

    /// Half a line, and nothing after it while a sample is due.
    private func stall(_ facts: Facts, _ log: Log) async {
        await hold(.stall, log) { talk in
            guard await subscribed(talk, SubscribeLine(filter: facts.filter)) else { return }
            await talk.sendPart("half", #"{"type":"subscribe","client":"#)
            let sent = talk.now
            await talk.wait(max(.seconds(2), .milliseconds(facts.interval) * 3)) { transcript in
                transcript.all("sample").contains { $0.at > sent + .milliseconds(100) }
            }
        }
    }

    /// Nothing is read, while the service has most to say.
    private func unread(_ log: Log) async {
        await hold(.unread, log, reads: false) { talk in
            await talk.send(SubscribeLine(interval: 1, since: 0))
            for line in 1...WireBounds.errors / 2 { await talk.send("useless \(line)", #"{"type":"conform"}"#) }
            await talk.listen(options.isQuick ? .milliseconds(2_300) : .milliseconds(3_500))
        }
    }

    /// Thousands of lines that cannot be used, as fast as they are taken.
    private func flood(_ facts: Facts, _ log: Log) async {
        await hold(.flood, log) { talk in
            guard await subscribed(talk, SubscribeLine(filter: facts.filter)) else { return }
            let lines = (1...5_000).map { (label: "useless \($0)", bytes: Array("{}".utf8), id: String?.none) }
            await talk.send(lines)
            await talk.wait(Self.patience) { _ in false }
        }
    }

    /// More commands than anybody may give, and then so many that their answers find no room.
    func hurry(_ watch: Talk, _ facts: Facts, _ log: Log) async {
        guard options.circuit != nil, let action = facts.actions.first else {
            for dialogue in [Dialogue.hasty, .deaf] {
                log.change { $0.skip(dialogue, because: "needs --commands CIRCUIT") }
            }
            return
        }
        log.change { $0.floodedFrom = watch.now }
        if facts.isOperator {
            await hasten(action, facts, log)
        } else {
            log.change { $0.skip(.hasty, because: "this connection only observes") }
        }
        if options.isQuick { return log.change { $0.skip(.deaf, because: "it takes 11 s; left out by --quick") } }
        // What lies between over TCP may hold all answers, and for long.
        guard case .unix = service.endpoint else {
            return log.change { $0.skip(.deaf, because: "it can only be seen over a Unix socket") }
        }
        await hold(.deaf, log) { talk in
            guard await subscribed(talk, SubscribeLine(filter: facts.filter)) else { return }
            await talk.send(Self.commands(4_000, action, facts), ignoringAnswersFor: Self.deafTime)
        }
    }

    /// Three times as many commands at once as are let through a second.
    private func hasten(_ action: String, _ facts: Facts, _ log: Log) async {
        await hold(.hasty, log) { talk in
            guard await subscribed(talk, SubscribeLine(filter: facts.filter)) else { return }
            let rate = talk.transcript.first("subscribed")?.json?["limits"]?["commands_per_second"]?.integer ?? 0
            guard (1...Self.mostRate).contains(rate) else { return }
            await talk.send(Self.commands(3 * rate, action, facts))
            await talk.wait(Self.patience) { $0.all("result").count >= 3 * rate }
        }
    }

    /// So many commands that can do nothing.
    private static func commands(
        _ count: Int64, _ action: String, _ facts: Facts
    ) -> [(label: String, bytes: [UInt8], id: String?)] {
        (0..<count).map { _ in
            let command = CommandLine(facts, action: action)
            return ("hasty", command.bytes, command.id)
        }
    }
}
