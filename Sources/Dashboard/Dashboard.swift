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
        /// What the terminal has been sent so far.
        case cost(TerminalCost)
        /// The terminal took a frame whole that was drawn as of this ``Operations/edition`` or a later one.
        ///
        /// `at` = when it first did, on the monitor's monotonic clock.
        case shown(edition: Int, at: Milliseconds)
        /// There is time to go on with what ``Effect/goOn`` asked for.
        case goOn
        /// The sources cannot work as they are; a sentence.
        case problem(String)
        /// A journey led to a moment of the past.
        case arrived(Moment, number: Int)
        /// A journey led nowhere, and why, a sentence.
        case stranded(String, number: Int)
        /// What there is of the past by now.
        case chronology(Chronology)
        /// What became of what was asked for, a sentence.
        case told(String)
        /// Where what happens is being written down; `nil` = nowhere any more.
        case recording(to: String?)

        /// Whether work that is left is to be asked for again: once begun, it asks for its own next step.
        fileprivate var isTurn: Bool {
            switch self {
            case .tick, .goOn: true
            case .observation, .input, .answer, .cost, .shown, .problem, .arrived, .stranded, .chronology, .told,
                .recording:
                false
            }
        }
    }

    /// What is to be done outside.
    package enum Effect: Sendable, Hashable {
        case send(Command)
        /// Histograms of these circuits are wanted from now on, instead of those said before.
        case detail([DetailedCircuit])
        /// There is more to compute: send ``Message/goOn`` after whatever waits.
        case goOn
        case repaint
        case quit(status: Int32)
        /// Another moment is wanted: send ``Message/arrived(_:number:)`` with this number when it is found.
        case travel(Journey, number: Int)
        /// These marks are to be kept beside the recording.
        case keep(TimeMarks)
        /// What happens from now on is to be written down in a file; `nil` = no more.
        case record(file: String?)
        /// What happened in this time is to be saved in a file.
        case save(file: String, ClosedRange<Milliseconds>, TimeMarks)
    }

    /// What covers the view or takes its keys.
    package enum Mode: Sendable {
        case view
        case prompt(Prompt)
        /// Over the view, or over the list of columns, which comes back.
        case help(scroll: Int, over: ColumnChooser? = nil)
        case columns(ColumnChooser)
    }

    /// What is set once.
    package struct Configuration: Sendable {
        /// The name that commands claim beside the authenticated one.
        package var operatorName: String
        /// Where services are looked for, for the words on an empty screen.
        package var places: [String]
        package var version: String
        /// What local time is ahead of UTC at a moment, in milliseconds since 1970; in milliseconds.
        package var localOffset: @Sendable (Milliseconds) -> Milliseconds
        /// Whether nothing is sent, whatever is pressed.
        package var isReadOnly: Bool
        /// How the table begins.
        package var arrangement: TableArrangement
        package var filter: CircuitQuery
        /// A sentence to begin with; `nil` = there is nothing to say.
        package var remark: String?
        /// A recording that is shown instead of what is; `nil` = none.
        package var replay: Transport?
        package var marks = TimeMarks()
        /// Whether what was seen lately is kept.
        package var keepsPast = true
        /// Draws a new command's id, a UUID.
        package var commandID: @Sendable () -> String

        package init(
            operatorName: String, places: [String], version: String, isReadOnly: Bool = false,
            arrangement: TableArrangement = TableArrangement(), filter: CircuitQuery = CircuitQuery(),
            remark: String? = nil,
            localOffset: @escaping @Sendable (Milliseconds) -> Milliseconds = { _ in 0 },
            commandID: @escaping @Sendable () -> String
        ) {
            self.localOffset = localOffset
            self.operatorName = operatorName
            self.places = places
            self.version = version
            self.isReadOnly = isReadOnly
            self.arrangement = arrangement
            self.filter = filter
            self.remark = remark
            self.commandID = commandID
        }
    }

    package let configuration: Configuration
    package let theme = Theme()
    /// All that is shown: the fleet as it is, or as it was.
    package internal(set) var fleet = FleetModel()
    /// The monitor's clocks as of the last message: keys, notices and orders go by them. What is shown goes by the fleet's.
    package private(set) var now = TelemetryInstant(t: 0, up: 0)
    /// The moment that is shown, and how it goes on from there; `nil` = now.
    package internal(set) var transport: Transport?
    /// How many journeys there were: one that is not the last leads nowhere any more.
    var journeys = 0
    /// What goes on unseen while a moment before is shown.
    var behind: Moment?
    /// What this screen can go back to; `nil` = nothing is known of it yet.
    var recent: Chronology?
    package internal(set) var marks: TimeMarks
    /// Where what happens is being written down.
    package private(set) var recordingFile: String?
    /// What the last survey found.
    package internal(set) var roster = Roster()
    /// Whether that was no circuit; while a filter is typed, what it found before is kept.
    var hasNoMatch = false
    var survey: Survey?
    /// The words that the rows are looked through for.
    var search: RowSearch?
    /// When the last survey began, and how much had happened by then; `nil` = there was none.
    var surveyed: (at: TelemetryInstant, news: Int)?
    /// The ``FleetModel/membership`` as of which marks were looked after.
    var markedIn = 0
    var auditList = AuditCursor()
    /// Letters read before this moment were meant for a dialog that did not open, on the monitor's monotonic clock; each
    /// of them moves it on.
    var deafUntil = Milliseconds.min
    /// Letters read before this moment came with Alt and a key, or with Escape.
    var chordUntil = Milliseconds.min
    /// An Enter read before this moment is one that the dialog was closed by, held on or pressed once too often; each of them
    /// moves it on.
    var enterDeafUntil = Milliseconds.min
    /// When the key was read that is worked on, on the monitor's monotonic clock.
    var keyReadAt: Milliseconds = 0
    /// When the line under the cursor of the audit view went.
    var auditLostAt: Milliseconds?
    /// When the operator last asked to quit with orders that still go out, on the monitor's monotonic clock.
    var quitAskedAt: Milliseconds?
    /// When a force or an order was last forgotten by a key.
    var forgottenAt: Milliseconds?
    /// Whether the survey that goes on was begun because the table shall show something else.
    var isSurveyAsked = false
    package internal(set) var flows = FlowHistory()
    var mapState = MapState()
    var eventsState = EventsState()
    var sourcesState = SourcesState()

    package internal(set) var screen = Screen.ID.circuits
    /// What the view of one circuit is about, whatever becomes of the table's rows.
    package internal(set) var shownCircuit: CircuitKey?
    package internal(set) var mode = Mode.view
    package internal(set) var table = TableState()
    /// The first line in sight of the view of one circuit, below its head.
    var circuitScroll = 0
    /// The circuit whose histogram was asked for, and when.
    var detailed: CircuitKey?
    var detailedAt: Milliseconds = 0
    /// What was typed at the prompts before, by kind, the newest last.
    var history = PromptHistory()
    /// Whether times of day are local instead of UTC.
    var isLocalTime = false
    var showsCosts = false
    var costs = CostMeter()
    /// All that the operator does to circuits; while its dialog is open, keys are for that.
    package internal(set) var operations: Operations
    /// A sentence for the operator, until the next key or for ``noticeTime``.
    package internal(set) var notice: String? { didSet { noticeAt = now.up } }
    private var noticeAt: Milliseconds = 0
    /// A notice for the first tick, before which it is not known what time it is.
    private var remark: String?
    static let noticeTime: Milliseconds = 10_000
    /// Why no source can work.
    package internal(set) var problem: String?
    package internal(set) var size: Size

    package init(size: Size, configuration: Configuration) {
        self.size = size
        self.configuration = configuration
        operations = Operations(
            isReadOnly: configuration.isReadOnly, operatorName: configuration.operatorName,
            commandID: configuration.commandID)
        table.arrangement = configuration.arrangement
        table.filter = configuration.filter
        remark = configuration.remark?.sanitizedForDisplay(maxColumns: 500)
        marks = configuration.marks
        transport = configuration.replay
        if let transport { self.transport?.seek(to: transport.position) }
    }

    /// Takes what happened at a moment of the monitor's clocks.
    package mutating func update(_ message: Message, at now: TelemetryInstant) -> [Effect] {
        self.now = now
        let wasWorkLeft = isWorkLeft
        let effects = take(message, at: now).filter { $0 != .goOn } + detailAnew(at: now.up)
        return isWorkLeft && (!wasWorkLeft || message.isTurn) ? effects + [.goOn] : effects
    }

    /// Whether there is more to compute than one message may take.
    private var isWorkLeft: Bool { survey != nil || mapState.survey != nil || search != nil }

    private mutating func take(_ message: Message, at now: TelemetryInstant) -> [Effect] {
        switch message {
        case .observation(let observation):
            if behind == nil { fleet.apply(observation) } else { behind?.apply(observation) }
            return []
        case .tick:
            letTimePass()
            if let shown = shownCircuit { shownCircuit = fleet.heir(of: shown) }
            let commands = isReplay ? [] : operations.follow(present).map(Effect.send)
            if notice != nil, now.up.saturatingDifference(noticeAt) > Self.noticeTime { notice = nil }
            if let remark { (notice, self.remark) = (remark, nil) }
            refreshLists()
            return commands + playOn(at: now.up) + surveyIfDue() + mapIfDue()
        case .arrived(let moment, let number): return number == journeys ? arrive(at: moment) : []
        case .stranded(let sentence, let number):
            guard number == journeys else { return [] }
            transport?.arrive(at: nil)
            notice = sentence
            return depart()
        case .chronology(let chronology):
            learn(chronology)
            return depart()
        case .told(let sentence):
            notice = sentence
            return []
        case .recording(let file):
            // Its folder is known to who named it.
            recordingFile = file.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
            return []
        case .cost(let cost):
            costs.record(cost, at: now.up)
            return []
        case .shown(let edition, let at):
            operations.show(edition, at: at)
            return []
        case .goOn:
            return goOn()
        case .answer(let result):
            operations.take(result, at: now.up)
            return []
        case .problem(let sentence):
            problem = sentence
            return []
        case .input(let event, let readAt):
            // Key, selection and dialog see the rows as they are drawn: a survey changes them later.
            switch event {
            case .key, .mouse: table.hold(from: now.up)
            case .paste, .resize, .focus, .resumed, .terminate, .endOfInput: break
            }
            let effects = handle(event, readAt: readAt, at: now)
            keepSelectionInSight()
            refreshLists()
            return effects + mapIfDue()
        }
    }

    /// A moment of the past stands still.
    private mutating func letTimePass() {
        if transport == nil { return fleet.tick(at: now) }
        behind?.advance(to: now.up, clockOffset: now.t.saturatingDifference(now.up))
    }

    /// Brings the list in sight up to date, so that what keys act on is what is drawn.
    mutating func refreshLists() {
        switch screen {
        case .events: refreshEvents()
        case .sources: refreshSources()
        case .audit: refreshAudit()
        default: break
        }
    }

    var clock: WallClock { WallClock(offset: isLocalTime ? configuration.localOffset : nil) }
}
