// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerTelemetry
import Fleet

/// One order for all the circuits that selectors stand for: shown, confirmed, sent, read back.
struct Change: Sendable {
    private let order: Order
    private let options: ChangeOptions
    private let sources: SourceOptions

    init(
        _ action: CommandAction, _ lifetime: Command.Lifetime?, _ options: ChangeOptions, _ sources: SourceOptions
    ) {
        order = Order(action: action, lifetime: lifetime, reason: options.reason, claimed: sources.operatorName)
        self.options = options
        self.sources = sources
    }

    func run() async throws {
        let status = try await Snapshot.with(sources, tellsOfLeftovers: true) { snapshot in
            let selection = try select(from: snapshot)
            if options.dryRun { return try await show(selection, snapshot) }
            var circuits = selection.circuits
            // Whoever could not be asked may have a circuit that is meant as well: then part of the change is missing.
            let isWhole = snapshot.fleet.troubles(hiding: selection.open).isEmpty
            let replaced = circuits.compactMap(order.replaced)
            if options.yes {
                replaced.forEach { Output.note("\(order.action.isForce ? "replaced" : "ended"): \($0)") }
            } else if !(selection.isPlain && isWhole && replaced.isEmpty) {
                circuits = await snapshot.withRates(circuits)
                guard try await isConfirmed(selection, circuits, snapshot) else { return .notDone }
            }
            return try await send(to: circuits, isWhole: isWhole, snapshot)
        }
        if status != .done { throw status.code }
    }

    /// The circuits that are meant, or an end with one clear line.
    private func select(from snapshot: Snapshot) throws -> Selection {
        let candidates = snapshot.reachable
        guard !candidates.isEmpty else {
            snapshot.reasonsForNobody.forEach(Output.error)
            throw ExitStatus.nobody.code
        }
        let strays = Strays(options.selectors, among: candidates, of: snapshot.fleet)
        guard strays.status == .done else {
            snapshot.troubles.forEach { Output.error("not reached: \($0)") }
            strays.complaints.forEach(Output.error)
            throw strays.status.code
        }
        return Selection(options.selectors, among: candidates)
    }

    /// Says what would be sent.
    private func show(_ selection: Selection, _ snapshot: Snapshot) async throws -> ExitStatus {
        let circuits = await snapshot.withRates(selection.circuits)
        if options.json {
            let commands = circuits.map { DryRunListing.Entry(order, $0) }
            try Output.json(DryRunListing(commands: commands, troubles: snapshot.troubles))
        } else {
            Briefing(order: order, circuits: circuits).lines(limit: .max).forEach(Output.line)
            for circuit in circuits {
                Output.line("would send \(try JSONText.encode(DryRunListing.Entry(order, circuit)))")
            }
            snapshot.troubles.forEach { Output.error("not reached: \($0)") }
        }
        return .done
    }

    private func isConfirmed(
        _ selection: Selection, _ circuits: [CircuitView], _ snapshot: Snapshot
    ) async throws -> Bool {
        snapshot.troubles.forEach { Output.note("not reached: \($0)") }
        Briefing(order: order, circuits: circuits).lines().forEach(Output.note)
        guard Prompt.isPossible else {
            Output.error("\(reason(to: selection, circuits)) --yes where nobody can be asked; nothing was sent")
            throw ExitStatus.usage.code
        }
        let question = Question(about: selection)
        if question.isConfirmed(by: await Prompt.ask(question.prompt)) { return true }
        Output.error("not confirmed: nothing was sent")
        return false
    }

    /// Why it is not simply done.
    private func reason(to ask: Selection, _ circuits: [CircuitView]) -> String {
        if !ask.isPlain { return "a pattern or several circuits need" }
        if let replaced = circuits.lazy.compactMap(order.replaced).first {
            return "\(replaced): to \(order.action.isForce ? "replace" : "end") that needs"
        }
        return "with services not reached, “\(ask.open.first?.text ?? "")” needs"
    }

    private func send(to circuits: [CircuitView], isWhole: Bool, _ snapshot: Snapshot) async throws -> ExitStatus {
        let isJSON = options.json
        // Before the first result: afterwards nobody reads on.
        if !isJSON { snapshot.troubles.forEach { Output.error("not reached: \($0)") } }
        let results = await Delivery(order: order, snapshot: snapshot).perform(on: circuits) { result in
            if !isJSON { result.printLine() }
        }
        if isJSON { try Output.json(ActionListing(results: results, troubles: snapshot.troubles)) }
        return results.allSatisfy(\.isDone) && isWhole ? .done : .notDone
    }
}
