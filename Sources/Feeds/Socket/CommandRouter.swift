// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import BreakerWire
import Fleet
import Synchronization

/// Finds the connection for a command by its boot and brings the answer back.
final class CommandRouter: Sendable {
    /// A connection that takes commands.
    private struct Route: Sendable {
        var connection: LineConnection
        var owner: ObjectIdentifier
        var mayOperate: Bool
        var pending: [String: PendingAnswer] = [:]
    }

    private final class PendingAnswer: Sendable {
        let doorbell = Doorbell()
        let result = Mutex<CommandResult?>(nil)

        func settle(_ answer: CommandResult) {
            result.withLock { $0 = $0 ?? answer }
            doorbell.ring()
        }
    }

    /// The most commands that wait for an answer of one service.
    private static let maximumPending = 256

    private let timeout: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    /// The connections to each boot, in the order of their coming.
    private let routes = Mutex<[String: [Route]]>([:])

    /// - Parameters:
    ///   - timeout: how long a command may take from its sending to its answer.
    ///   - now: tells how much of that is left.
    init(timeout: Duration, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.timeout = timeout
        self.now = now
    }

    /// Opens a way to a boot; `owner` is the one who may close it again. Of several ways commands take the newest that
    /// may operate.
    func open(_ boot: String, over connection: LineConnection, mayOperate: Bool, owner: AnyObject) {
        let route = Route(connection: connection, owner: ObjectIdentifier(owner), mayOperate: mayOperate)
        routes.withLock { $0[boot, default: []].append(route) }
    }

    /// Closes the way; commands that wait are answered with "no answer".
    func close(_ boot: String, owner: AnyObject) {
        let route = routes.withLock { routes -> Route? in
            let index = routes[boot]?.firstIndex { $0.owner == ObjectIdentifier(owner) }
            guard let index else { return nil }
            let route = routes[boot]?.remove(at: index)
            if routes[boot]?.isEmpty == true { routes[boot] = nil }
            return route
        }
        Self.abandon(route)
    }

    /// Takes an answer that came over the owner's connection: nobody answers for another.
    func answer(_ result: CommandResult, from boot: String, owner: AnyObject) {
        let pending = routes.withLock { routes in
            routes[boot]?.first { $0.owner == ObjectIdentifier(owner) }?.pending[result.id]
        }
        pending?.settle(result)
    }

    func perform(_ command: Command) async -> CommandResult {
        let deadline = now() + timeout
        let pending = PendingAnswer()
        let connection: LineConnection
        switch enter(command, pending) {
        case .success(let found): connection = found
        case .failure(let error): return CommandResult(id: command.id, outcome: .failure(error))
        }
        defer { leave(command, pending) }
        var line: [UInt8] = []
        MessageEncoder().append(.command(command), to: &line)
        do {
            try await connection.send(line, timeout: timeout)
        } catch {
            // Part of it, or all, may have left: only a command that was never sent is surely not done.
            return Self.refusal(
                command, .noAnswer, "the connection broke or stalled on the way; whether it was done is not known")
        }
        await pending.doorbell.wait(atMost: deadline - now())
        return pending.result.withLock { $0 }
            ?? Self.refusal(command, .noAnswer, "no answer within \(timeout); whether it was done is not known")
    }

    private func enter(_ command: Command, _ pending: PendingAnswer) -> Result<LineConnection, CommandError> {
        routes.withLock { routes in
            guard let known = routes[command.boot],
                let index = known.lastIndex(where: \.mayOperate) ?? known.indices.last
            else {
                return .failure(CommandError(.notConnected, "there is no live connection to boot \(command.boot)"))
            }
            guard known.allSatisfy({ $0.pending.count < Self.maximumPending }) else {
                return .failure(
                    CommandError(.rateLimited, "\(Self.maximumPending) commands wait for an answer already"))
            }
            guard known.allSatisfy({ $0.pending[command.id] == nil }) else {
                return .failure(CommandError(.idConflict, "command \(command.id) waits for its answer already"))
            }
            routes[command.boot]?[index].pending[command.id] = pending
            return .success(known[index].connection)
        }
    }

    private func leave(_ command: Command, _ pending: PendingAnswer) {
        routes.withLock { routes in
            guard let index = routes[command.boot]?.firstIndex(where: { $0.pending[command.id] === pending }) else {
                return
            }
            routes[command.boot]?[index].pending[command.id] = nil
        }
    }

    private static func abandon(_ route: Route?) {
        for (id, pending) in route?.pending ?? [:] {
            let error = CommandError(
                .noAnswer, "the connection was lost before the answer; whether it was done is not known")
            pending.settle(CommandResult(id: id, outcome: .failure(error)))
        }
    }

    private static func refusal(
        _ command: Command, _ code: CommandError.Code, _ message: String
    ) -> CommandResult {
        CommandResult(id: command.id, outcome: .failure(CommandError(code, message)))
    }
}
