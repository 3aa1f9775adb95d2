// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

/// One monitor's conversation: what was read from it comes in, what to send next comes out.
///
/// It keeps no queue of facts, only how far this monitor has read: an event's number, a revision of the descriptions,
/// a version of the board. So a monitor that reads slowly costs no memory; it gets fewer, newer rows and is told which
/// events it missed. Time is in milliseconds of any monotonic clock.
struct SubscriberStateMachine: Sendable {
    /// What to do next. The caller asks again after it has sent, waited or been woken.
    enum Step: Sendable, Hashable {
        case send(Outbox)
        case wait(until: Milliseconds)
        /// Send the last words, close.
        case close(Outbox, reason: String)
    }

    /// What a line asks of the caller.
    enum Reaction: Sendable, Hashable {
        case none
        /// So many histograms are to be sent that were not asked for before: for ``LineBudget``.
        case histograms(Int)
        /// To be judged, done and given to ``answer(_:)``.
        case command(Command)
    }

    enum Bounds {
        /// The longest interval between two samples, in milliseconds: longer silence would look like death.
        static let maximumInterval: Milliseconds = 60_000
        /// Unusable lines after which a connection is closed.
        static let errors = 100
        /// Answers that wait to be sent, beyond which nothing more is read.
        static let answers = 64
        /// The most events and rows in one step.
        static let batch = 256
    }

    private enum Phase {
        case awaitingSubscribe
        case catchingUp
        case live
    }

    private let role: Role
    private let minimumInterval: Milliseconds
    private let subscribeTime: Milliseconds
    private let start: Milliseconds

    private var phase = Phase.awaitingSubscribe
    private var hasGreeted = false
    private var answers: [ServiceMessage] = []
    private var lineNumber: Int64 = 0
    private var errorCount = 0
    private var ending: (messages: [ServiceMessage], reason: String)?

    private var interval: Milliseconds
    private var eventsSince: Int64?
    private var scope = CircuitScope()
    private var descriptions = DescriptionCursor()
    private var events: EventCursor?
    private var hasMoreEvents = false
    private var rows = RowCursor()
    private var histograms = HistogramCursor()
    private var nextSample: Milliseconds = 0

    /// - Parameter subscribeTime: how long the monitor may take to subscribe.
    init(role: Role, minimumInterval: Milliseconds, subscribeTime: Milliseconds, now: Milliseconds) {
        self.role = role
        self.minimumInterval = minimumInterval
        self.subscribeTime = subscribeTime
        start = now
        interval = minimumInterval
    }

    /// Whether nothing more should be read before some answers were sent.
    var isFull: Bool { answers.count >= Bounds.answers }

    /// Ends the conversation at the next step: with an orderly `bye`.
    mutating func stop(reason: String) {
        end([.bye(reason: reason)], reason)
    }

    /// Ends the conversation at the next step: there is no place for this monitor.
    mutating func turnAway(saying message: String) {
        end([.error(ErrorMessage(code: "too_many_connections", message: message))], message)
    }

    /// Ends the conversation at the next step: the other side has closed.
    mutating func peerClosed() {
        end([], "the monitor closed the connection")
    }

    private mutating func end(_ messages: [ServiceMessage], _ reason: String) {
        if ending == nil { ending = (messages, reason) }
    }
}

// MARK: - What comes in

extension SubscriberStateMachine {
    /// Takes a line in that was read, or could not be.
    ///
    /// - Parameter isNewLine: `false` for another piece of the line before, which is too long: one more error, of the same
    ///   number.
    mutating func receive(_ line: Result<MonitorMessage, WireError>, isNewLine: Bool = true) -> Reaction {
        if isNewLine { lineNumber += 1 }
        guard ending == nil else { return .none }
        switch (line, phase) {
        case (.success(.subscribe(let subscribe)), .awaitingSubscribe):
            return .histograms(begin(subscribe))
        case (.success(.unknown(let type)), _):
            complain(.unexpected, "messages of type `\(type)` are unknown here; skipped")
        case (.success(.command), .awaitingSubscribe):
            refuse(.unexpected, "a command before `subscribe`; subscribe first")
        case (.success(.command(let command)), _):
            return .command(command)
        case (.success(.detail), .awaitingSubscribe):
            refuse(.unexpected, "a `detail` before `subscribe`; subscribe first")
        case (.success(.detail(let circuits)), _):
            return .histograms(histograms.want(circuits))
        case (.success(.subscribe), _):
            complain(.unexpected, "this connection has subscribed already; open another one")
        case (.failure(let error), .awaitingSubscribe):
            refuse(error.code, error.message)
        case (.failure(let error), _):
            complain(error.code, error.message)
        }
        return .none
    }

    /// Queues a command's answer.
    mutating func answer(_ result: CommandResult) {
        answers.append(.result(result))
    }

    /// - Returns: how many histograms it asks for.
    private mutating func begin(_ subscribe: Subscribe) -> Int {
        interval = min(max(subscribe.interval, minimumInterval), Bounds.maximumInterval)
        eventsSince = subscribe.eventsSince
        scope = CircuitScope(filter: subscribe.filter)
        let count = histograms.want(subscribe.detail)
        phase = .catchingUp
        let limits = Subscribed.Limits(
            lineBytes: Int64(WireLimits.lineBytes), commandsPerSecond: CommandGate.commandsPerSecond)
        answers.append(.subscribed(Subscribed(interval: interval, role: role, limits: limits)))
        return count
    }

    /// After `subscribe`, what cannot be used is answered and skipped.
    private mutating func complain(_ code: WireError.Code, _ message: String) {
        errorCount += 1
        let error = ServiceMessage.error(ErrorMessage(code: code.rawValue, message: message, line: lineNumber))
        guard errorCount <= Bounds.errors else {
            return end([error], "more than \(Bounds.errors) unusable lines")
        }
        answers.append(error)
    }

    /// Before `subscribe`, it ends the conversation.
    private mutating func refuse(_ code: WireError.Code, _ message: String) {
        end([.error(ErrorMessage(code: code.rawValue, message: message, line: lineNumber))], message)
    }
}

// MARK: - What goes out

extension SubscriberStateMachine {
    /// What to do now that the connection takes more.
    mutating func next(now: Milliseconds, from source: some SubscriberSource) -> Step {
        var outbox = Outbox()
        // Apart from the phase: a monitor may subscribe before it has read the hello.
        if !hasGreeted {
            hasGreeted = true
            outbox.append(.hello(Hello(identity: source.identity, actions: source.actions.map(\.rawValue))))
        }
        for answer in answers { outbox.append(answer) }
        answers = []
        if ending == nil {
            if phase == .awaitingSubscribe { return outbox.isEmpty ? awaitSubscribe(now) : .send(outbox) }
            appendFacts(to: &outbox, now: now, from: source)
        }
        if let ending {
            for message in ending.messages { outbox.append(message) }
            return .close(outbox, reason: ending.reason)
        }
        guard outbox.isEmpty else { return .send(outbox) }
        return .wait(until: hasMoreEvents ? now : nextSample)
    }

    private func awaitSubscribe(_ now: Milliseconds) -> Step {
        let deadline = start + subscribeTime
        guard now >= deadline else { return .wait(until: deadline) }
        let message = "no `subscribe` within \(subscribeTime / 1_000) s"
        var outbox = Outbox()
        outbox.append(.error(ErrorMessage(code: "timeout", message: message)))
        return .close(outbox, reason: message)
    }

    /// Descriptions, then events, then rows and histograms, a bounded piece of each: none can hold the others up for long.
    ///
    /// Read in the other order: whatever circuit an event or a row is about, its description is found and goes first.
    private mutating func appendFacts(
        to outbox: inout Outbox, now: Milliseconds, from source: some SubscriberSource
    ) {
        var cursor = events ?? EventCursor(since: eventsSince, from: source)
        let board = isSampleDue(now) ? source.board(at: now, including: cursor.known) : nil
        let page = source.events(after: cursor.seq, limit: Bounds.batch)
        let circuits = source.descriptions()
        // Nobody can tell it any more what is gone: it finds out when it comes again.
        guard !descriptions.hasMissed(of: circuits) else { return end([], "it missed too many circuits that went") }
        descriptions.next(circuits, into: &outbox) { scope.admits($0) }
        guard descriptions.isDone(with: circuits) else { return }
        cursor.next(page, into: &outbox) { scope.concerns($0, circuits) }
        events = cursor
        // A page of which the filter leaves nothing is no reason to wait.
        hasMoreEvents = cursor.seq < page.newest
        if outbox.isFull || phase == .catchingUp && cursor.isReplaying { return }
        if let board { appendRows(of: board, to: &outbox, now: now) }
        if phase == .live { histograms.next(from: source, into: &outbox) { scope.contains($0) } }
    }

    private func isSampleDue(_ now: Milliseconds) -> Bool {
        phase == .catchingUp || rows.isWithinSample || now >= nextSample
    }

    private mutating func appendRows(of board: SampleBoard, to outbox: inout Outbox, now: Milliseconds) {
        let sample = rows.next(board, limit: Bounds.batch) { scope.contains($0) }
        outbox.append(.sample(sample))
        guard sample.isEnd else { return }
        // On whole multiples, so that subscribers of one interval share one reading.
        nextSample = (now / interval + 1) * interval
        histograms.beginRound()
        if phase == .catchingUp {
            phase = .live
            outbox.append(.ready)
        }
    }
}
