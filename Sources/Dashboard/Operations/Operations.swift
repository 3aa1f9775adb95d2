// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Canvas
package import Fleet

/// All that an operator does to circuits: the dialog that asks, the orders under way, the forces that last, what can be taken
/// back, and the record of it. A pure value: the caller sends the commands that it returns.
package struct Operations: Sendable {
    /// What a key in the dialog led to.
    package struct Deed: Sendable {
        /// To be sent now; more of the same order may follow with ``Operations/follow(_:)``.
        package var commands: [Command] = []
        /// A sentence for the operator.
        package var notice: String?
        /// Whether an order came of it.
        package var isConfirmed = false
    }

    package let isReadOnly: Bool
    /// Calls that arrive a second in the whole fleet, as far as is known: what is much is measured by it.
    package var fleetArrivals = 0.0
    private let operatorName: String
    private let commandID: @Sendable () -> String
    /// The dialog that is open.
    package private(set) var dialog: OrderDialog? {
        didSet { edition = dialog?.edition ?? edition }
    }
    /// Rises with each dialog that opens, and with what an open one says anew: frames are marked with it.
    package private(set) var edition = 0
    package private(set) var orders = Orders()
    package private(set) var holds = GroupHolds()
    package private(set) var audit = AuditList()
    /// How what orders other than forces did can be taken back, oldest first: they are forgotten before that is.
    private var offers: [UndoOffer] = []
    /// What was done that can be taken back and is not yet, the last first: made once a tick, since orders may be large.
    private var undos: [UndoOffer] = []

    /// - Parameters:
    ///   - operatorName: the name that commands claim beside the authenticated one.
    ///   - commandID: draws a new command's id, a UUID.
    package init(isReadOnly: Bool, operatorName: String, commandID: @escaping @Sendable () -> String) {
        self.isReadOnly = isReadOnly
        self.operatorName = operatorName
        self.commandID = commandID
    }

    // MARK: - Asking

    /// Opens the dialog for an order, or returns why it cannot be given.
    ///
    /// It takes no confirmation before ``show(_:at:)`` said that it can be read.
    package mutating func ask(
        _ request: OrderDialog.Request, in fleet: FleetModel
    ) -> String? {
        guard !isReadOnly else { return OrderRefusal.readOnly(request.action).sentence }
        guard orders.hasRoom else {
            return "\(Orders.maximumOrders) orders still go out: wait for one, or stop one in the view Audit"
        }
        do throws(OrderRefusal) {
            dialog = try OrderDialog(request, in: fleet, fleetArrivals: fleetArrivals, edition: edition + 1)
            return nil
        } catch {
            return error.sentence
        }
    }

    /// Opens the dialog that takes back what was done last and is not taken back yet, or returns why there is none.
    ///
    /// Where that cannot be taken back now, nothing older is either: it would be confirmed as the last.
    package mutating func askUndo(in fleet: FleetModel, at now: Milliseconds) -> String? {
        guard let last = undo(at: now) else { return "there is nothing to undo" }
        return ask(last.request(at: now), in: fleet)
    }

    /// Opens the dialog that forces what a group hold misses, or returns why there is none.
    package mutating func askAgain(in fleet: FleetModel, at now: Milliseconds) -> String? {
        let requests = holds.asking.compactMap { $0.again(at: now) }
        guard let first = requests.first else { return "no force is missing anywhere" }
        // One that cannot be asked for now does not stand before the others.
        let refusal = ask(first, in: fleet)
        for request in requests.dropFirst() where dialog == nil { _ = ask(request, in: fleet) }
        return dialog == nil ? refusal : nil
    }

    /// Forgets a group hold that the operator does not want to hear of any more.
    package mutating func drop(_ hold: Int) { holds.drop(hold) }

    /// Stops an order; returns how many of its commands were not sent, and how many have no answer yet.
    package mutating func stop(_ order: Int, at now: Milliseconds) -> (waiting: Int, sent: Int) {
        orders.stop(order, at: now)
    }

    // MARK: - The dialog

    /// Takes a key for the open dialog, that was read at a moment of the monitor's monotonic clock.
    package mutating func handle(
        _ key: Key, readAt: Milliseconds, size: Size, at now: TelemetryInstant
    ) -> Deed {
        guard var dialog else { return Deed() }
        switch dialog.handle(key, readAt: readAt, size: size) {
        case .open:
            self.dialog = dialog
            return Deed()
        case .cancelled:
            self.dialog = nil
            return Deed(notice: "\(dialog.request.action.title.lowercased()): cancelled, nothing was sent")
        case .confirmed(let plan):
            self.dialog = nil
            orders.add(plan, claimed: operatorName, commandID: commandID, at: now)
            think(at: now.up)
            return Deed(commands: release(at: now), isConfirmed: true)
        }
    }

    package mutating func paste(_ text: String) { dialog?.paste(text) }

    /// The screen was drawn anew in another size: what the dialog says has to be read again.
    package mutating func settle() { dialog?.settle() }

    /// Whether a dialog is open of which it is not known that what it says stands on the terminal.
    package var isUnseen: Bool { dialog.map { $0.shownAt == nil } ?? false }

    /// The terminal took a frame of this ``edition`` whole at a moment of the monitor's monotonic clock.
    package mutating func show(_ edition: Int, at now: Milliseconds) { dialog?.show(edition, at: now) }

    /// The key that opened the dialog, if one is open, was an Enter.
    package mutating func openedByEnter(readAt: Milliseconds) { dialog?.openedByEnter(readAt: readAt) }

    private mutating func release(at now: TelemetryInstant) -> [Command] {
        let commands = orders.release(at: now.up)
        for command in commands {
            if let key = orders.circuit(of: command) { audit.sent(command, to: key, at: now) }
        }
        return commands
    }

    // MARK: - What happens

    /// Takes the answer to a command.
    package mutating func take(_ result: CommandResult, at now: Milliseconds) {
        if let command = orders.take(result, at: now) { audit.answered(command) }
    }

    /// Takes the fleet as it is now; returns what is to be sent.
    package mutating func follow(_ fleet: FleetModel) -> [Command] {
        let news = audit.take(fleet.events)
        orders.follow(fleet, news: news)
        for hold in holds.follow(orders, news: news, in: fleet) { audit.deserted(hold, at: fleet.now) }
        let arrivals = fleetArrivals
        dialog?.see(fleet, fleetArrivals: arrivals)
        think(at: fleet.now.up)
        return release(at: fleet.now)
    }

    /// Takes what was done up to a moment of a recording, instead of all else.
    package mutating func show(history: RecentEvents) {
        audit = AuditList()
        _ = audit.take(history)
    }

    /// Remembers how to take back what does not last; forces, for as long as they stand among the orders.
    private mutating func think(at now: Milliseconds) {
        for order in orders.all where !order.plan.action.isForce {
            offers.removeAll { $0.order == order.number }
            if let offer = UndoOffer(after: order, at: now) { offers.append(offer) }
        }
        let later = orders.all.map { (number: $0.number, isSettled: $0.isSettledOrOverdue(at: now), Set($0.redecided)) }
        func isDecidedAnew(_ offer: UndoOffer, forGood: Bool) -> Bool {
            later.contains { number, isSettled, circuits in
                number > offer.order && (isSettled || !forGood) && circuits.isSuperset(of: offer.circuits)
            }
        }
        // What is under way may still be refused: then the offer holds again.
        offers = offers.filter { now < $0.until && !isDecidedAnew($0, forGood: true) }.suffix(Orders.maximumOrders)
        let forces = orders.all.filter(\.plan.action.isForce).compactMap { UndoOffer(after: $0, at: now) }
        undos = (offers + forces).filter { !isDecidedAnew($0, forGood: false) }.sorted { $0.order > $1.order }
    }

    /// How what was done last can be taken back; `nil` = there is nothing, or not any more.
    package func undo(at now: Milliseconds) -> UndoOffer? { undos.first { now < $0.until } }

    // MARK: - Words

    /// A message, and what can be done about it by a key.
    package struct Status: Sendable {
        package var text: [Span]
        /// Empty = nothing. It is short: it has to stand in one line.
        package var offer: [Span] = []
        /// Whether it may be cut where rows are few: it has stood there for long enough to have been read, or it is listed
        /// whole for as long as it holds.
        package var isKnown = false
    }

    /// What the operator did last and how it stands, or which force is missing somewhere; `nil` = there is nothing to say.
    ///
    /// - Parameters:
    ///   - undoKey: the key that opens the undo, as people write it.
    ///   - againKey: the key that applies a hold again.
    package func status(at now: Milliseconds, undoKey: String, againKey: String, _ theme: Theme) -> Status? {
        if let order = orders.all.last, holds.urgent.map({ order.goesBefore($0, at: now) }) ?? true {
            var status = Status(text: order.status(at: now, theme), isKnown: order.isKnown(at: now))
            // What went wrong with the one before is not hidden behind it.
            if let wrong = orders.all.dropLast().last(where: { $0.wentWrong(at: now) }) {
                status.text = wrong.status(at: now, theme) + [Span("; ", theme.quiet)] + status.text
                status.isKnown = false
            }
            if let offer = undo(at: now), offer.order == order.number {
                status.offer = [Span(" "), Span(undoKey, theme.key), Span(" undo: \(offer.words)", theme.quiet)]
            }
            return status
        }
        return holds.urgent.map {
            Status(text: [Span($0.sentence, theme.alarm)], offer: [Span(againKey, theme.key)], isKnown: true)
        }
    }

    /// Draws the dialog, if one is open.
    package func drawDialog(on canvas: inout Canvas, theme: Theme, clock: WallClock) {
        dialog?.draw(on: &canvas, theme: theme, clock: clock)
    }
}
