// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Foundation

@testable import Conformance

/// A conversation written by hand: what came and what was sent, a line every 10 ms.
struct Script {
    enum Step {
        case received(String)
        case tooLong
        case bytes([UInt8])
        case sent(String, id: String? = nil)
        /// Time that goes by, in milliseconds.
        case pause(Int)
        case closed
    }

    var steps: [Step]

    /// All lines came in; none was sent but `subscribe`.
    init(_ lines: [String]) {
        steps = lines.map { .received($0) }
        steps.insert(.sent("subscribe"), at: min(1, steps.count))
    }

    init(steps: [Step]) { self.steps = steps }

    func transcript(_ dialogue: Dialogue = .watch) -> Transcript {
        var transcript = Transcript(dialogue.name)
        var now = Duration.zero
        for step in steps {
            now += .milliseconds(10)
            switch step {
            case .received(let line): transcript.receive(.line(Array(line.utf8)), at: now)
            case .tooLong: transcript.receive(.tooLong(bytes: 70_000), at: now)
            case .bytes(let bytes): transcript.receive(.line(bytes), at: now)
            case .sent(let label, let id): transcript.send(label, id: id, at: now)
            case .pause(let time): now += .milliseconds(time)
            case .closed: transcript.end(.theirs, at: now)
            }
        }
        return transcript
    }
}

/// Lines of a good service, to be changed by tests.
enum Line {
    static let hello =
        #"{"type":"hello","protocol":{"major":1,"minor":0},"service":"orders","instance":"orders-1","boot":"00c0ffee12345678","columns":["id","state","gen","calls_total","ok_total","failed_total","timeout_total","ignored_total","late_total","in_flight","win_calls","win_failed"],"actions":["force_open","clear"]}"#
    static let subscribed =
        #"{"type":"subscribed","interval_ms":250,"role":"operator","limits":{"line_bytes":65536,"commands_per_second":20}}"#
    static let ready = #"{"type":"ready"}"#

    static func circuit(_ id: Int, _ name: String = "payments") -> String {
        #"{"type":"circuit","id":\#(id),"name":"\#(name)","rule":{"name":"r"}}"#
    }

    /// A row of so many calls, all of which succeeded.
    static func row(_ id: Int, calls: Int = 5, gen: Int = 1) -> String {
        #"[\#(id),"closed",\#(gen),\#(calls),\#(calls),0,0,0,0,0,5,0]"#
    }

    static func sample(_ rows: [String] = [], up: Int = 1_000, seq: Int = 0, end: Bool = true) -> String {
        #"{"type":"sample","t":1,"up_ms":\#(up),"seq":\#(seq),"rows":[\#(rows.joined(separator: ","))]\#(end ? #","end":true"# : "")}"#
    }

    static func event(
        _ seq: Int, circuit: Int = 1, up: Int = 1_000, _ fields: String = #""kind":"config""#, replayed: Bool = false
    ) -> String {
        #"{"type":"event","t":1,"up_ms":\#(up),"seq":\#(seq),"circuit":\#(circuit),\#(fields)\#(replayed ? #","replayed":true"# : "")}"#
    }

    static func state(_ seq: Int, _ from: String, _ to: String, gen: Int, trip: Bool = true) -> String {
        let trip = trip && to == "open" ? #","trip":{"at":1,"rule":"r","errors":[]}"# : ""
        return event(seq, #""kind":"state","from":"\#(from)","to":"\#(to)","gen":\#(gen),"cause":"rule"\#(trip)"#)
    }

    static func slot(_ seq: Int, _ from: String, _ to: String, rev: Int) -> String {
        event(
            seq,
            #""kind":"override","from":"\#(from)","to":"\#(to)","cause":"command","rev":\#(rev),"since":null,"until":null"#
        )
    }

    static func result(_ id: String, _ code: String? = nil, seq: Int = 1) -> String {
        let outcome = code.map { #""ok":false,"error":{"code":"\#($0)"}"# } ?? #""ok":true,"seq":\#(seq)"#
        return #"{"type":"result","id":"\#(id)",\#(outcome)}"#
    }

    static func error(_ code: String, line: Int) -> String {
        #"{"type":"error","code":"\#(code)","message":"no","line":\#(line)}"#
    }

    /// The beginning of every good conversation.
    static let picture = [hello, subscribed, circuit(1), event(1, replayed: true), sample([row(1)], seq: 1), ready]
}

extension Record {
    /// A record of these conversations, the watch first.
    init(_ conversations: [(Dialogue, Script)], quietUntil: Duration? = nil) {
        self.init()
        for (dialogue, script) in conversations { add(script.transcript(dialogue), as: dialogue) }
        self.quietUntil = quietUntil
    }
}

extension Rule {
    /// What one rule says, by its id.
    static func verdict(_ id: String, on record: Record) -> Verdict {
        guard let rule = all.first(where: { $0.id == id }) else { return .notTested("there is no rule \(id)") }
        return rule.verdict(on: record)
    }
}

extension Verdict {
    var evidence: Evidence? { if case .broken(let evidence) = self { evidence } else { nil } }
    var reason: String? { if case .notTested(let reason) = self { reason } else { nil } }
}
