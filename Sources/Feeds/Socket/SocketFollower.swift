// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import BreakerWire
import Fleet
import Resilience
import Synchronization

/// Keeps a connection to one metrics socket: connects, converses, and connects again. A socket that was merely found is
/// worth no word until somebody has answered there.
final class SocketFollower: Sendable {
    struct Options: Sendable {
        var client: String
        var interval: Milliseconds
        var clock: MonitorClock
        var random: RandomSource
    }

    private struct State {
        var isWanted = true
        var hopesAgain = false
    }

    /// What a loop over connections remembers.
    private struct Memory {
        var bookmark: SocketConversation.Bookmark?
        var hasSpoken = false
        var last: SocketConversation.End?
    }

    let endpoint: Endpoint
    private let options: Options
    private let router: CommandRouter
    private let state = Mutex(State())
    private let doorbell = Doorbell()

    init(_ endpoint: Endpoint, _ options: Options, _ router: CommandRouter) {
        self.endpoint = endpoint
        self.options = options
        self.router = router
    }

    /// The socket's file went away: ends once the present connection, if any, has ended. Or it is there again.
    func want(_ isWanted: Bool) {
        let isChanged = state.withLock { state in
            defer { state.isWanted = isWanted }
            return state.isWanted != isWanted
        }
        if isChanged { doorbell.ring() }
    }

    /// There is reason to try again at once: the socket was made anew.
    func hopeAgain() {
        state.withLock { $0.hopesAgain = true }
        doorbell.ring()
    }

    /// Follows the socket until it is no longer wanted or the task is cancelled.
    func run(into sink: ObservationSink) async {
        var memory = Memory()
        var reconnection = Reconnection(random: options.random)
        while !Task.isCancelled {
            let (end, wasLive) = await converse(&memory, sink)
            guard !Task.isCancelled else { return }
            if wasLive || state.withLock(\.hopesAgain) { reconnection.reset() }
            await report(end, &memory, sink)
            state.withLock { $0.hopesAgain = false }
            let pause = if case .hopeless = end { reconnection.longPause() } else { reconnection.pause() }
            if state.withLock(\.isWanted) { await doorbell.wait(atMost: pause) }
            guard state.withLock(\.isWanted) else {
                if memory.hasSpoken { await observe(.source(.removed), sink) }
                return
            }
        }
    }

    /// Says how a connection ended, unless that is no news.
    private func report(_ end: SocketConversation.End?, _ memory: inout Memory, _ sink: ObservationSink) async {
        guard let end, end != memory.last else { return }
        memory.last = end
        if !memory.hasSpoken { await speak(&memory, sink) }
        switch end {
        case .stopped(let reason): await observe(.source(.stopped(reason: reason)), sink)
        case .lost(let reason), .hopeless(let reason): await observe(.source(.lost(reason: reason)), sink)
        }
    }

    private func speak(_ memory: inout Memory, _ sink: ObservationSink) async {
        memory.hasSpoken = true
        await observe(.source(.connecting), sink)
    }

    private func observe(_ fact: Observation.Fact, _ sink: ObservationSink) async {
        await sink(Observation(source: SourceID(endpoint.description), at: options.clock.now(), fact: fact))
    }
}

extension SocketFollower {
    /// One connection from its beginning to its end; `nil` when there was nobody and that is not worth a word.
    private func converse(
        _ memory: inout Memory, _ sink: ObservationSink
    ) async -> (end: SocketConversation.End?, wasLive: Bool) {
        var conversation = SocketConversation(
            client: options.client, interval: options.interval, earlier: memory.bookmark)
        let end: SocketConversation.End?
        do {
            end = try await withConnection(to: endpoint) { connection in
                if !memory.hasSpoken { await speak(&memory, sink) }
                return await watch(connection, &conversation, &memory, sink)
            }
        } catch let error as SocketError {
            let isNoNews = error.code == .refused && !memory.hasSpoken
            end = isNoNews ? nil : .lost(reason: error.message)
        } catch {
            end = .lost(reason: "the connection broke")
        }
        memory.bookmark = conversation.bookmark ?? memory.bookmark
        return (end, conversation.hasBeenLive)
    }

    private func watch(
        _ connection: LineConnection, _ conversation: inout SocketConversation, _ memory: inout Memory,
        _ sink: ObservationSink
    ) async -> SocketConversation.End {
        let silence = SilenceWatch(limit: conversation.silenceLimit)
        let ticket = Ticket()
        let end = await withTaskGroup(of: Void.self) { group in
            group.addTask { await silence.watch(connection) }
            defer { group.cancelAll() }
            return await listen(to: connection, &conversation, &memory, silence, ticket, sink)
        }
        if let boot = conversation.bookmark?.boot { router.close(boot, owner: ticket) }
        return end
    }

    /// Who opened a way for commands.
    private final class Ticket: Sendable {}

    private func listen(
        to connection: LineConnection, _ conversation: inout SocketConversation, _ memory: inout Memory,
        _ silence: SilenceWatch, _ ticket: Ticket, _ sink: ObservationSink
    ) async -> SocketConversation.End {
        var lines = connection.lines.makeAsyncIterator()
        silence.waits(atMost: conversation.silenceLimit)
        while let line = try? await lines.next() {
            silence.heard()
            for action in conversation.receive(line) {
                let end = await perform(action, connection, conversation.bookmark, &memory, ticket, sink)
                if let end { return end }
            }
            silence.waits(atMost: conversation.silenceLimit)
        }
        return .lost(
            reason: silence.hasExpired
                ? "nothing heard for \(silence.limit)" : "the connection closed without a goodbye")
    }

    private func perform(
        _ action: SocketConversation.Action, _ connection: LineConnection, _ bookmark: SocketConversation.Bookmark?,
        _ memory: inout Memory, _ ticket: Ticket, _ sink: ObservationSink
    ) async -> SocketConversation.End? {
        switch action {
        case .observe(let fact):
            if case .source(.subscribed) = fact {
                // Whatever ended the last connection, a new end is news again.
                memory.last = nil
                if let boot = bookmark?.boot { router.open(boot, over: connection, owner: ticket) }
            }
            await observe(fact, sink)
        case .send(let message):
            var bytes: [UInt8] = []
            MessageEncoder().append(message, to: &bytes)
            do {
                try await connection.send(bytes)
            } catch {
                return .lost(reason: error.message)
            }
        case .answer(let result):
            if let boot = bookmark?.boot { router.answer(result, from: boot) }
        case .end(let end):
            return end
        }
        return nil
    }
}
