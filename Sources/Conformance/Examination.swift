// SPDX-License-Identifier: Apache-2.0

package import BreakerSockets
import Glibc
import Synchronization

/// Puts a service through every conversation of the protocol, and judges none of them: ``Rule`` does.
///
/// It steers no circuit unless it is told which, and then undoes what it did, also when its task is cancelled.
package struct Examination: Sendable {
    /// How thorough it is.
    package struct Options: Sendable {
        /// Leaves out what takes long: who never subscribes, and longer looks.
        package var isQuick = false
        /// The name of the circuit that may be forced; `nil` = none.
        package var circuit: String?
        /// How long to wait at the end for the service to stop.
        package var byeTime: Duration = .zero

        package init(isQuick: Bool = false, circuit: String? = nil, byeTime: Duration = .zero) {
            (self.isQuick, self.circuit, self.byeTime) = (isQuick, circuit, byeTime)
        }
    }

    /// How long a force lasts at most, in milliseconds: it ends even if this process dies.
    static let forceTime: Int64 = 10_000
    /// How long the force lasts whose end is awaited, in milliseconds.
    static let briefTime: Int64 = 700
    /// How long anything is waited for.
    static let patience: Duration = .seconds(5)
    /// How long nothing is read at most, while a service is to give up after 10 s without room.
    static let deafTime: Duration = .seconds(30)
    /// The highest rate of commands that is tried, in commands a second.
    static let mostRate: Int64 = 200
    /// How long an answer is waited for.
    static let answerTime: Duration = .seconds(3)

    let service: Service
    let options: Options

    package init(of endpoint: Endpoint, security: (any ConnectionSecurity)? = nil, _ options: Options = Options()) {
        service = Service(endpoint: endpoint, security: security)
        self.options = options
    }

    /// Holds all conversations.
    ///
    /// - Returns: what was said. When the task is cancelled, what was said up to then.
    /// - Throws: ``SocketError`` when nobody is there.
    package func run() async throws -> Record {
        let log = Log()
        let mode = socketMode
        log.change { $0.socketMode = mode }
        let watch = try await Talk.hold(.watch, at: service) { watch in
            await watch.wait(.seconds(2)) { !$0.known.isEmpty }
            await watch.send(SubscribeLine())
            guard await watch.wait(Self.patience, until: { $0.isReady }) else { return }
            await accompany(watch, log)
        }
        return log.record(watching: watch)
    }

    /// Who may connect; `nil` where that is no matter of a file.
    private var socketMode: UInt32? {
        var status = stat()
        guard case .unix(let path) = service.endpoint, stat(path, &status) == 0 else { return nil }
        return status.st_mode & 0o777
    }

    /// Holds the other conversations beside the first.
    private func accompany(_ watch: Talk, _ log: Log) async {
        let facts = Facts(watch.transcript)
        let quiet = Duration.milliseconds(min(facts.interval * 6, 6_000))
        await watch.listen(max(quiet, .seconds(1)))
        log.change { $0.quietUntil = watch.now }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await commands(watch, facts, log) }
            group.addTask { await detail(facts, log) }
            group.addTask { await burdens(facts, log) }
            group.addTask { await strangers(facts, log) }
            if options.isQuick {
                log.change { $0.skip(.silence, because: "it takes 5 s; left out by --quick") }
            } else {
                group.addTask { await silence(log) }
            }
        }
        // What the others did last is to be told here as well.
        let last = watch.transcript.all("sample").compactMap { $0.json?["seq"]?.integer }.max() ?? 0
        await watch.wait(.seconds(1)) { $0.newestEvent >= last }
        log.change { $0.busyUntil = watch.now }
        guard options.byeTime > .zero else { return }
        await watch.sendPart("wait-bye", "")
        await watch.listen(options.byeTime)
    }

    /// Holds a conversation and keeps it. One that does not come about is no judgement of a rule.
    func hold(_ dialogue: Dialogue, _ log: Log, reads: Bool = true, _ body: (Talk) async -> Void) async {
        do {
            let transcript = try await Talk.hold(dialogue, at: service, reads: reads, body)
            log.change { $0.add(transcript, as: dialogue) }
        } catch {
            log.change { $0.skip(dialogue, because: "no connection: \(Excerpt.of("\(error)"))") }
        }
    }
}

/// The record while it grows: conversations go on beside each other.
final class Log: Sendable {
    /// How often the first conversation wants samples, in milliseconds.
    static let watchInterval: Int64 = 250

    private let record = Mutex(Record())

    func change(_ body: (inout sending Record) -> Void) { record.withLock { body(&$0) } }

    /// All of it, the first conversation first.
    func record(watching watch: Transcript) -> Record {
        record.withLock { $0.beginning(with: watch) }
    }
}
