// SPDX-License-Identifier: Apache-2.0

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
}
