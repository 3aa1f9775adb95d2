// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Canvas
package import Fleet

/// Asks before an order goes out. Cancel is the default; keys queued before it opened, a held key and pasted text never confirm.
///
/// What it shows is what it sends: each circuit's override revision goes along as shown. When one of them changes, or a
/// circuit can no longer be reached, it says so, goes back to Cancel and must be read anew. Circuits only ever leave it.
package struct OrderDialog: Sendable {
    /// What is asked about.
    package struct Request: Sendable {
        package var action: CommandAction
        package var targets: [CircuitKey]
        /// What they were chosen by, in words; `nil` = one by one.
        package var group: String?
        /// Of a group of the map: the calls that it is; circuits of the same names that make others are not meant.
        package var calls: Set<DependencyMap.EdgeKey> = []
        /// What stands in the field for the time at first.
        package var lifetime = Command.Lifetime.limited(600_000)
        package var reason = ""
        /// Override revisions that circuits must still have: others are left out.
        package var expected: [CircuitKey: Int64] = [:]
        /// Whether it takes back what this screen just did: that asks for no word.
        package var isUndo = false
        /// The group hold that it mends.
        package var hold: Int?
        /// Whether they are what is marked in the table.
        package var isOfMarks = false

        package init(_ action: CommandAction, _ targets: [CircuitKey], group: String? = nil) {
            self.action = action
            self.targets = targets
            self.group = group
        }
    }

    /// Where typing goes, in the order in which Tab goes through it and in which it stands on the screen.
    ///
    /// Cancel, where the dialog begins, is the last. A hurried operator presses Tab to get to what there is to fill in: that
    /// is the reason first, since the suggested time mostly fits, and behind the last field the button that does it. Straight
    /// to that one leads ←.
    package enum Focus: Int, Sendable, CaseIterable {
        case reason, lifetime, word, confirm, cancel
    }

    /// What a key led to.
    package enum Outcome: Sendable {
        case open
        case cancelled
        /// To be sent as it was shown.
        case confirmed(OrderPlan)
    }

    package let request: Request
    /// What is shown.
    package private(set) var facts: OrderFacts
    package private(set) var focus = Focus.cancel
    package private(set) var lifetime: TextField
    package private(set) var reason: TextField
    package private(set) var word = TextField(maximum: 20)
    /// What is wrong with what was typed.
    package private(set) var problem: String?
    /// What changed since it opened, the newest last.
    package private(set) var changes: [String] = []
    /// The first line of the list in sight.
    package private(set) var scroll = 0
    /// Whether a mistake would be felt widely, so that a word is asked for: more than ``manyCircuits`` circuits; or, for an
    /// action that moves traffic at once, several that have half or more of all calls that arrive in the fleet, or of
    /// which it is not known.
    ///
    /// It stays so once it was.
    package private(set) var isWide: Bool

    /// How often a circuit's override changed while the dialog was open.
    private var unrest: [CircuitKey: Int] = [:]
    private var isLifetimeEdited = false
    /// Rises with what it says anew.
    private(set) var edition: Int
    /// Since when all that it says has stood on the terminal; `nil` = it does not, as far as is known.
    private(set) var shownAt: Milliseconds?
    /// When Enter was last pressed, whatever came of it, and when any other key was.
    private var lastEnter: Milliseconds?
    private var lastOther: Milliseconds?

    /// What was typed before a person can have read the dialog was not meant for it.
    static let settlingTime: Milliseconds = 400
    /// An Enter that follows another one faster than this may be a held key: keyboards wait up to 660 ms, then repeat.
    static let repeatTime: Milliseconds = 700
    /// Nobody presses two keys so soon after each other: that is pasted, into a terminal that does not say so.
    static let burstTime: Milliseconds = 30
    /// More circuits than this are many.
    static let manyCircuits = 4
    /// The most circuits of one order.
    package static let maximumTargets = 1_000
    /// The most changes that are told.
    static let maximumChanges = 20
    /// One whose override changes more often than this is left out: it would put the dialog back to Cancel for ever.
    static let maximumUnrest = 3

    /// Opens a dialog.
    ///
    /// - Parameters:
    ///   - fleetArrivals: calls that arrive a second in the whole fleet.
    ///   - edition: greater than that of any dialog before.
    /// - Throws: when there is nothing that could be asked for, or too much at once.
    package init(
        _ request: Request, in fleet: FleetModel, fleetArrivals: Double, edition: Int
    ) throws(OrderRefusal) {
        let title = request.action.title.lowercased()
        guard !request.targets.isEmpty else { throw OrderRefusal(sentence: "cannot \(title): no circuit is selected") }
        if let refusal = OrderRefusal.tooMany(request.targets.count, request.action) { throw refusal }
        facts = OrderFacts(
            of: request.action, on: request.targets, expected: request.expected, excluded: [:], in: fleet)
        if facts.targets.isEmpty, let first = facts.leftOut.first {
            let more = facts.leftOut.count > 1 ? "; nor any of the \(facts.leftOut.count - 1) others" : ""
            throw OrderRefusal(sentence: "cannot \(title): \(first.obstacle ?? "")\(more)")
        }
        self.request = request
        isWide = Self.isWide(request, facts, fleetArrivals)
        lifetime = TextField(request.lifetime.words, maximum: 20)
        reason = TextField(request.reason, maximum: Command.maximumTextLength)
        self.edition = edition
    }

    private static func isWide(_ request: Request, _ facts: OrderFacts, _ fleetArrivals: Double) -> Bool {
        if request.isUndo { return false }
        if facts.targets.count > manyCircuits { return true }
        guard facts.targets.count > 1, request.action != .clear, request.action != .probe else { return false }
        // What is not known yet may be much.
        return facts.unknownArrivals > 0 || (facts.arrivals > 0 && facts.arrivals * 2 >= fleetArrivals)
    }

    /// The word that a wide order asks for: it has to be read, and no single key types it.
    package var expectedWord: String {
        let verb =
            switch request.action {
            case .forceOpen: "open"
            case .forceClosed: "close"
            case .clear: "clear"
            case .reset: "reset"
            case .probe: "probe"
            }
        return "\(verb) \(facts.targets.count)"
    }

    /// When the order ends by itself as typed; `nil` = what is typed is no time.
    package var typedLifetime: Command.Lifetime? {
        do throws(Command.Lifetime.ParseError) { return try Command.Lifetime(text: lifetime.text) } catch { return nil }
    }

    // MARK: - What happens meanwhile

    /// What it says has to be put on the terminal, and read, anew.
    mutating func settle() {
        edition += 1
        shownAt = nil
    }

    /// The terminal took a frame of this ``edition`` whole.
    mutating func show(_ edition: Int, at now: Milliseconds) {
        if edition >= self.edition, shownAt == nil { shownAt = now }
    }

    /// It was opened by an Enter, which may be held on.
    mutating func openedByEnter(readAt: Milliseconds) { lastEnter = readAt }

    /// Takes the fleet as it is now, to show it.
    package mutating func see(_ fleet: FleetModel, fleetArrivals: Double) {
        var excluded = Dictionary(
            facts.leftOut.map { ($0.key, $0.obstacle ?? "") }, uniquingKeysWith: { first, _ in first })
        for (key, count) in unrest where count > Self.maximumUnrest {
            excluded[key] = "its override keeps changing: ask for it by itself"
        }
        let now = OrderFacts(
            of: request.action, on: request.targets, expected: request.expected, excluded: excluded, in: fleet)
        let targets = Dictionary(
            (now.targets + now.leftOut).map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        var news: [String] = []
        for shown in facts.targets {
            guard let target = targets[shown.key], let change = shown.change(to: target) else { continue }
            news.append(change)
            if target.revision != shown.revision { unrest[shown.key, default: 0] += 1 }
        }
        facts = now
        if !isWide, Self.isWide(request, now, fleetArrivals) {
            isWide = true
            news.append("it is felt widely by now: a word is asked for")
        }
        guard !news.isEmpty else { return }
        changes = (changes + news).suffix(Self.maximumChanges)
        focus = .cancel
        word = TextField(maximum: 20)
        problem = nil
        settle()
    }

    // MARK: - Keys

    /// The parts that can have the focus, in order.
    private var parts: [Focus] {
        Focus.allCases.filter { part in
            switch part {
            case .lifetime: request.action.isForce
            case .word: isWide
            case .confirm: canConfirm
            case .reason, .cancel: true
            }
        }
    }

    /// Pasted text goes into the field that has the focus, or into the reason; it never presses anything and is no word.
    package mutating func paste(_ text: String) {
        switch focus {
        case .lifetime: lifetime.insert(text)
        case .word: problem = "the word has to be typed"
        case .reason, .cancel, .confirm:
            focus = .reason
            reason.insert(text)
        }
    }

    /// Takes a key that was read at a moment of the monitor's monotonic clock, which may lie before the dialog opened.
    ///
    /// - Parameter size: that of the screen it is drawn on.
    package mutating func handle(_ key: Key, readAt: Milliseconds, size: Size) -> Outcome {
        defer { if key != .enter { lastOther = readAt } }
        switch key {
        case .escape, .control("c"): return .cancelled
        case .tab, .down: move(by: 1)
        case .backTab, .up: move(by: -1)
        case .pageDown: turn(by: 1, size)
        case .pageUp: turn(by: -1, size)
        case .enter: return press(at: readAt)
        // By where they stand: Cancel is on the right.
        case .left where isOnButton && canConfirm: focus = .confirm
        case .right where isOnButton: focus = .cancel
        default: edit(key)
        }
        return .open
    }

    /// The last of the rows says how much more there is.
    private mutating func turn(by pages: Int, _ size: Size) {
        let (rows, lines) = page(in: size)
        let step = max(1, rows - 1)
        scroll = lines > rows ? max(0, min(scroll + pages * step, lines - step)) : 0
    }

    /// Whether there is anybody left to send something to.
    var canConfirm: Bool { !facts.targets.isEmpty }

    private var isOnButton: Bool { focus == .cancel || focus == .confirm }

    private mutating func move(by step: Int) {
        let index = parts.firstIndex(of: focus) ?? 0
        focus = parts[(index + step + parts.count) % parts.count]
    }

    private mutating func edit(_ key: Key) {
        problem = nil
        switch focus {
        case .lifetime:
            // The suggestion gives way to the first thing typed.
            if !isLifetimeEdited, case .character = key { lifetime = TextField(maximum: 20) }
            isLifetimeEdited = true
            _ = lifetime.handle(key)
        case .reason: _ = reason.handle(key)
        case .word: _ = word.handle(key)
        case .cancel, .confirm:
            guard case .character = key else { return }
            focus = .reason
            _ = reason.handle(key)
        }
    }

    private mutating func press(at now: Milliseconds) -> Outcome {
        let isRepeat = lastEnter.map { now.saturatingDifference($0) < Self.repeatTime } ?? false
        let isBurst = lastOther.map { now.saturatingDifference($0) < Self.burstTime } ?? false
        lastEnter = now
        let isSettled = shownAt.map { now.saturatingDifference($0) >= Self.settlingTime } ?? false
        switch focus {
        // An Enter that was on its way to the other button when something changed does not throw the text away.
        case .cancel where !isSettled && !changes.isEmpty: problem = "something changed: read it again"
        // So is one that is held on from the field before.
        case .cancel where isRepeat: break
        case .cancel: return .cancelled
        case .reason where request.action.isForce: focus = .lifetime
        case .reason, .lifetime: focus = isWide ? .word : .cancel
        case .word: focus = isWordTyped && canConfirm ? .confirm : .cancel
        case .confirm where !canConfirm: focus = .cancel
        case .confirm:
            if isSettled && !isRepeat && !isBurst { return confirm() }
            problem =
                shownAt == nil
                ? "this was not on the screen yet: read it, then press Enter"
                : "that was quick: press Enter once more if you mean it"
        }
        return .open
    }

    private var isWordTyped: Bool { !isWide || word.text.bare == expectedWord.bare }

    private mutating func confirm() -> Outcome {
        if !isWordTyped {
            problem = "this is wide: type “\(expectedWord)” here first"
            focus = .word
            return .open
        }
        guard request.action.isForce else { return .confirmed(plan(nil)) }
        do throws(Command.Lifetime.ParseError) {
            return .confirmed(plan(try Command.Lifetime(text: lifetime.text)))
        } catch {
            problem = error.description
            focus = .lifetime
            return .open
        }
    }

    private func plan(_ lifetime: Command.Lifetime?) -> OrderPlan {
        OrderPlan(
            action: request.action, targets: facts.targets, leftOut: facts.leftOut.map(\.key), group: request.group,
            calls: request.calls, lifetime: lifetime, reason: reason.text.trimmed, hold: request.hold,
            isUndo: request.isUndo)
    }
}

/// An order that was confirmed: what is to be sent to whom, as it was shown.
package struct OrderPlan: Sendable {
    package var action: CommandAction
    /// As shown: each one's revision guards its command.
    package var targets: [OrderFacts.Target]
    package var leftOut: [CircuitKey]
    package var group: String?
    /// As of the ``OrderDialog/Request``.
    package var calls: Set<DependencyMap.EdgeKey> = []
    package var lifetime: Command.Lifetime?
    package var reason: String
    /// The group hold that it mends.
    package var hold: Int?
    package var isUndo: Bool
}

extension String {
    /// Without case and white space.
    fileprivate var bare: String { lowercased().filter { !$0.isWhitespace } }

    /// Without white space before and behind it.
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}

extension Command.Lifetime {
    /// As an operator would type it: `10 min`, `90s`, `forever`; rounded up to whole seconds.
    package var words: String {
        guard case .limited(let time) = self else { return "forever" }
        let seconds = max(1, time.saturatingSum(999) / 1_000)
        switch seconds {
        case _ where seconds % 86_400 == 0: return "\(seconds / 86_400)d"
        case _ where seconds % 3_600 == 0: return "\(seconds / 3_600)h"
        case _ where seconds % 60 == 0: return "\(seconds / 60) min"
        default: return "\(seconds)s"
        }
    }
}
