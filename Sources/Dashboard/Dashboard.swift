// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Canvas
package import Fleet

/// The screen's state: a pure reducer. `update` takes what happened and returns what to do, `view` draws; time comes in as a message.
package struct Dashboard: Sendable {
    /// What happened.
    package enum Message: Sendable {
        case observation(Observation)
        /// Something at the terminal, and when it was read there: before what is on the screen by now, perhaps.
        case input(InputEvent, readAt: Milliseconds)
        case answer(CommandResult)
        case tick
        /// The sources cannot work as they are; a sentence.
        case problem(String)
    }

    /// What is to be done outside.
    package enum Effect: Sendable, Hashable {
        case send(Command)
        case repaint
        case quit(status: Int32)
    }

    /// What covers the main screen or takes its keys.
    package enum Mode: Sendable {
        case table
        case filter(TextField)
        case help(scroll: Int)
        case dialog(CommandDialog)
    }

    /// What is set once.
    package struct Configuration: Sendable {
        /// The name that commands claim beside the authenticated one.
        package var operatorName: String
        /// Where services are looked for, for the words on an empty screen.
        package var places: [String]
        package var version: String
        /// Draws a new command's id, a UUID.
        package var commandID: @Sendable () -> String

        package init(
            operatorName: String, places: [String], version: String, commandID: @escaping @Sendable () -> String
        ) {
            self.operatorName = operatorName
            self.places = places
            self.version = version
            self.commandID = commandID
        }
    }

    package let configuration: Configuration
    package let theme = Theme()
    package internal(set) var fleet = FleetModel()
    package internal(set) var mode = Mode.table
    package internal(set) var query = CircuitQuery()
    /// The table's rows from top to bottom.
    package internal(set) var order: [CircuitKey] = []
    package internal(set) var selection: CircuitKey?
    /// The first row in sight.
    package internal(set) var scroll = 0
    /// Whether the details pane shows; `nil` = as the size suggests.
    package internal(set) var showsDetails: Bool?
    package internal(set) var pending: [PendingCommand] = []
    /// A sentence for the operator, until the next key or for ``noticeTime``.
    package internal(set) var notice: String? { didSet { noticeAt = fleet.now.up } }
    private var noticeAt: Milliseconds = 0
    static let noticeTime: Milliseconds = 10_000
    /// Why no source can work.
    package internal(set) var problem: String?
    package internal(set) var size: Size
    /// Rows hold still until then, in the monitor's monotonic time: nothing moves under the cursor in the moment of a key.
    var orderHeldUntil: Milliseconds = .min

    /// How long rows hold still after a key.
    static let orderHold: Milliseconds = 1_500
    /// The most commands whose fate is remembered.
    static let maximumPending = 16

    package init(size: Size, configuration: Configuration) {
        self.size = size
        self.configuration = configuration
    }

    /// Takes what happened at a moment of the monitor's clocks.
    package mutating func update(_ message: Message, at now: TelemetryInstant) -> [Effect] {
        switch message {
        case .observation(let observation):
            fleet.apply(observation)
            return []
        case .tick:
            fleet.tick(at: now)
            followPending(at: now.up)
            if notice != nil, now.up.saturatingDifference(noticeAt) > Self.noticeTime { notice = nil }
            arrange()
            return []
        case .answer(let result):
            take(result, at: now.up)
            return []
        case .problem(let sentence):
            problem = sentence
            return []
        case .input(let event, let readAt):
            // Key, selection and dialog see the rows as they are drawn: they are not rearranged here.
            let effects = handle(event, readAt: readAt, at: now.up)
            if case .key = event { orderHeldUntil = now.up.saturatingSum(Self.orderHold) }
            keepSelectionInSight()
            return effects
        }
    }

    // MARK: - Rows

    /// Brings the order up to date, unless rows hold still; then only new rows are added and gone ones leave.
    mutating func arrange() {
        var views: [CircuitKey: CircuitView] = [:]
        for view in fleet.circuits(matching: query) { views[view.key] = view }
        if fleet.now.up < orderHeldUntil {
            // What no longer matches the filter stays as well, as long as it is there at all.
            let kept = order.filter { fleet.circuit($0) != nil }
            let known = Set(kept)
            let added = views.values.filter { !known.contains($0.key) }.sorted(by: CircuitOrder.urgentFirst)
            order = kept + added.map(\.key)
        } else {
            order = views.values.sorted(by: CircuitOrder.urgentFirst).map(\.key)
        }
        keepSelection()
        keepSelectionInSight()
    }

    /// The selection sticks to its circuit, over restarts of its service too.
    private mutating func keepSelection() {
        guard let selected = selection else {
            selection = order.first
            return
        }
        guard !order.contains(selected) else { return }
        selection = order.first { $0.isSameCircuit(as: selected) } ?? order.first
    }

    var selectedIndex: Int? { selection.flatMap { order.firstIndex(of: $0) } }

    mutating func keepSelectionInSight() {
        let rows = max(1, layout.table.rows)
        let index = selectedIndex ?? 0
        scroll = min(max(scroll, index - rows + 1), index)
        scroll = max(0, min(scroll, order.count - rows))
    }
}
