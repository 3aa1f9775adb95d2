// SPDX-License-Identifier: Apache-2.0

/// The conversations that a service is put through.
enum Dialogue: Sendable, Hashable {
    /// The one that goes on beside all others.
    case watch
    /// Subscribes before it read the hello, and wants samples each millisecond.
    case eager
    /// Subscribes in words that are legal but unusual, and wants a sample an hour.
    case legal
    /// Says an unknown type before it subscribes.
    case unknownFirst
    /// Gives a command before it subscribes.
    case commandFirst
    /// Asks for histograms before it subscribes.
    case detailFirst
    /// Subscribes with an interval of nothing.
    case zeroInterval
    /// Asks for histograms, and then for none.
    case detailed
    /// Speaks HTTP.
    case stranger
    /// Never subscribes.
    case silence
    /// Sends a line that cannot be used.
    case mistake(Mistake)
    /// Sends more useless lines than are answered.
    case flood
    /// Sends half a line, and then nothing.
    case stall
    /// Reads nothing.
    case unread
    /// Reads nothing of what it asks for until a service must have given up.
    case deaf
    /// Gives more commands at once than it may.
    case hasty
    /// Gives commands that must be refused.
    case refused
    /// Forces the circuit that may be forced.
    case force
    /// Asks for events after a number.
    case resume
    /// Asks for all events from the first.
    case history
    /// Asks for events after a number that is not there yet.
    case beyond
    /// Wants one circuit only.
    case filtered

    /// The name in reports.
    var name: String {
        switch self {
        case .mistake(let mistake): mistake.id
        default: "\(self)"
        }
    }
}

/// All that was said in an examination.
package struct Record: Sendable {
    /// In the order in which they ended, but for the first.
    private(set) var transcripts: [Transcript] = []
    private var positions: [Dialogue: Int] = [:]
    private var reasons: [Dialogue: String] = [:]

    /// Until when, on the watch's clock, nothing but the watch went on.
    var quietUntil: Duration?
    /// Until when, on the same clock, the others went on.
    var busyUntil: Duration?
    /// The interval that the watch asked for.
    var askedInterval: Int64 = Log.watchInterval
    /// The text of ``Dialogue/filtered``, and the newest event that was known before it.
    var filter = ""
    var filteredAfter: Int64 = 0
    /// The circuits of ``Dialogue/detailed``.
    var detailed: Set<Int64> = []
    /// The number after which ``Dialogue/resume`` asked for events, and the newest that was known then.
    var resumedAfter: (number: Int64, newest: Int64) = (0, 0)
    /// The circuit of ``Dialogue/force``, and its state before.
    var forced: (circuit: Int64, state: String?)?
    /// From when on, on the watch's clock, commands came in floods.
    var floodedFrom: Duration?
    /// The permissions of the service's socket; `nil` when it is none of a file.
    var socketMode: UInt32?
    /// Why ``Dialogue/force`` says nothing about forces; `nil` when it does.
    var unforced: String?

    package init() {}

    /// What was said in a conversation.
    subscript(dialogue: Dialogue) -> Transcript {
        get throws(Finding) {
            guard let position = positions[dialogue] else {
                throw .notTested(reasons[dialogue] ?? "no conversation reached `ready`")
            }
            return transcripts[position]
        }
    }

    /// Why a conversation was cut off; `nil` when it was not.
    func cutOff(_ name: String) -> String? {
        guard case .failed(let reason) = transcripts.first(where: { $0.name == name })?.ending else { return nil }
        return reason
    }

    mutating func add(_ transcript: Transcript, as dialogue: Dialogue) {
        positions[dialogue] = transcripts.count
        transcripts.append(transcript)
    }

    /// The same with the first conversation, which ends last, at its beginning.
    func beginning(with watch: Transcript) -> Record {
        var record = self
        record.transcripts.insert(watch, at: 0)
        record.positions = positions.mapValues { $0 + 1 }
        record.positions[.watch] = 0
        return record
    }

    /// Says why a conversation was not held.
    mutating func skip(_ dialogue: Dialogue, because reason: String) { reasons[dialogue] = reason }
}
