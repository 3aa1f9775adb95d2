// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerSockets
import BreakerTLS
import Conformance
import Dispatch
import Feeds
import Glibc

/// `breakertop conform`: does a publisher keep the rules of the protocol?
struct Conform: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Test a publisher against the rules of the metrics socket.",
        discussion: """
            It holds some 35 conversations, at most 12 at a time, orderly and hostile ones, and says of each rule \
            whether it was kept, broken or not tested. That takes 7 to 10 s, and 4 to 6 s with --quick; longer with \
            thousands of circuits. It keeps at most 16 MiB of one conversation, enough for 10,000 circuits; what comes \
            after that is not tested.

            The commands that it sends are ones that must be refused; they are recorded in the service's log. Only \
            with --commands does it steer a circuit: it forces it open for some seconds, which refuses its calls, and \
            undoes that, also when it is interrupted. A circuit that somebody else overrides is left alone.

            Exit status: 0 all kept, 1 a rule is broken, 3 nobody to be tested, 64 wrong usage.
            """)

    @Argument(
        help: "The publisher: unix:PATH, tcp:HOST:PORT or tls:HOST:PORT.", completion: .file(),
        transform: { try Target(parsing: $0) })
    var target: Target?

    @OptionGroup var tls: TLSOptions

    @Option(
        name: .customLong("commands"),
        help: ArgumentHelp("Force this circuit open for some seconds.", valueName: "circuit"))
    var circuit: String?

    @Flag(help: "Leave out what takes long.")
    var quick = false

    @Option(help: ArgumentHelp("Wait so long at the end for the service to be stopped.", valueName: "seconds"))
    var waitBye = 0

    @Flag(help: "List the rules.")
    var rules = false

    @Flag(help: "Print JSON: {\"version\": 1, \"rules\": [...], ...}.")
    var json = false

    func validate() throws {
        guard rules || target != nil else {
            throw ValidationError("name a TARGET, such as unix:/run/breakertop/orders.1.sock")
        }
        if let target, target.endpoint == nil {
            throw ValidationError("\(target) is no publisher but a list of them; name one of them")
        }
        guard (0...3_600).contains(waitBye) else {
            throw ValidationError("--wait-bye \(waitBye): from 0 to 3600 seconds")
        }
    }

    func run() async throws {
        if rules { return try listRules() }
        guard let target, let endpoint = target.endpoint else { return }
        if let circuit { Output.note("“\(circuit)” will be forced open for some seconds") }
        let examination = Examination(
            of: endpoint, security: try security(for: target),
            .init(isQuick: quick, circuit: circuit, byeTime: .seconds(waitBye)))
        guard let record = try await undisturbed(examination) else {
            Output.error("interrupted; what was forced is cleared")
            throw ExitCode(130)
        }
        let report = Report(record, target: "\(target)")
        if json {
            try Output.json(report)
        } else {
            report.lines.forEach(Output.line)
        }
        if report.broken > 0 { throw ExitStatus.notDone.code }
    }

    private func security(for target: Target) throws -> TLSClient? {
        guard case .tls(let place) = target else { return nil }
        return try TLSClient(files: tls.files ?? TLSFiles(), serverName: tls.serverName ?? place.host)
    }

    private func listRules() throws {
        if json { return try Output.json(RuleListing()) }
        for rule in Rule.all {
            Output.line("\(rule.id) (\(rule.severity.rawValue), “\(rule.section)”)")
            Output.line("    \(rule.statement)")
        }
    }

    /// What was said; `nil` when the user interrupted it. Either way nothing goes on after it.
    private func undisturbed(_ examination: Examination) async throws -> Record? {
        try await withThrowingTaskGroup(of: Record?.self) { group in
            group.addTask {
                do {
                    return try await examination.run()
                } catch let error as SocketError {
                    Output.error("\(error)")
                    throw ExitStatus.nobody.code
                }
            }
            group.addTask {
                await Interruption.wait()
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}

extension Target {
    /// Where one publisher is; `nil` for what lists several.
    fileprivate var endpoint: Endpoint? {
        switch self {
        case .unix(let path): .unix(path: path)
        case .tcp(let place), .tls(let place): .tcp(host: place.host, port: place.port)
        case .folder, .file, .service: nil
        }
    }
}

private struct RuleListing: Encodable {
    var version = 1
    var rules = Rule.all.map { RuleEntry($0) }
}
