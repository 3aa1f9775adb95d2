// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Dashboard
import Fleet
import FoundationEssentials
import Glibc
import Recording
import Synchronization

/// What this screen saw lately, and the file that it goes into as well.
///
/// The screen hands over what it observed; what is written and read is on threads of its own. Where that is too slow, nothing
/// is kept until all that is known comes anew, and what is missing is written down as that.
final class LivePast: Past {
    private struct Visit {
        var player: Player?
        /// What the player has read ends here.
        var end: Milliseconds = .min
        var usedAt = ContinuousClock.now
    }

    private struct File {
        var file: RecordingFile?
        var isEnding = false
    }

    /// The most circuits of which the past is kept: of more, all that is known would be most of it.
    static let maximumCircuits = 20_000
    /// All that is known is asked for so long before it is needed.
    private static let lead: Milliseconds = 1_000
    /// Who goes back is expected to go on within this time.
    private static let visitTime: Duration = .seconds(60)

    private let inbox = Mutex(Inbox())
    private let past: Mutex<RecentPast>
    private let visit = Mutex(Visit())
    /// Held while bytes go there, so that they do in their order. Before ``past``, never the other way round.
    private let file = Mutex(File())
    private let isAbandoned = Atomic(false)
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    /// - Parameter began: the screen's clocks, of which the one that never goes back began with the wall clock.
    init(began: TelemetryInstant, limits: RecentPast.Limits) throws {
        let header = RecordingHeader(started: began.up, program: "breakertop \(Breakertop.version)")
        past = Mutex(try RecentPast(header, limits: limits))
        (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: - From the screen

    /// Whether all that is known is wanted behind what is observed next.
    var isKeyframeWanted: Bool { inbox.withLock(\.wantsKeyframe) }

    func take(_ observations: [Observation], _ known: (moment: Moment, clockOffset: Milliseconds)?) {
        inbox.withLock { inbox in
            inbox.observe(observations)
            if let known { inbox.know(known.moment, clockOffset: known.clockOffset) }
        }
        ring.yield()
    }

    /// Lets go of all that is kept, and of the file.
    func abandon() {
        inbox.withLock { $0 = Inbox() }
        isAbandoned.store(true, ordering: .relaxed)
        ring.yield()
    }

    /// Writes what was handed over.
    private func drain() throws(RecordingError) {
        try past.withLock { past throws(RecordingError) in
            if isAbandoned.exchange(false, ordering: .relaxed) { past.clear() }
            for note in inbox.withLock({ $0.take() }) {
                switch note {
                case .observed(let observations): for observation in observations { try past.append(observation) }
                case .known(let moment, let offset, let since):
                    try past.beginSegment(with: moment, clockOffset: offset, missedSince: since)
                }
            }
            try past.flush()
            if past.isSegmentDue(at: past.end.saturatingSum(Self.lead)) { inbox.withLock { $0.askForKeyframe() } }
        }
    }

    func run(_ tell: @escaping @Sendable (Dashboard.Message) async -> Void) async {
        var told: Chronology?
        for await _ in bell {
            let (messages, chronology) = await onThreadOfItsOwn { self.work() } ?? ([], nil)
            for message in messages { await tell(message) }
            guard let chronology, chronology != told else { continue }
            told = chronology
            await tell(.chronology(chronology))
        }
    }

    private func work() -> (messages: [Dashboard.Message], Chronology?) {
        visit.withLock { if $0.usedAt.duration(to: .now) > Self.visitTime { $0 = Visit() } }
        var messages: [Dashboard.Message] = []
        if isAbandoned.load(ordering: .relaxed) {
            if dropFile() { messages.append(.recording(to: nil)) }
            messages.append(.told("with more than \(Self.maximumCircuits) circuits what was is not kept"))
        }
        do throws(RecordingError) {
            try drain()
            if let path = try file.withLock({ file throws(RecordingError) in try write(&file) }) {
                messages.append(.told("recorded in \(path)"))
            }
        } catch {
            let isOfFile = dropFile()
            if isOfFile { messages.append(.recording(to: nil)) }
            messages.append(.told("\(error.message)\(isOfFile ? "; what was recorded before can be read" : "")"))
        }
        return (messages, past.withLock { $0.chronology })
    }

    // MARK: - Going there

    func perform(_ effect: Dashboard.Effect) async -> Dashboard.Message? {
        switch effect {
        case .travel(let journey, let number): return await RecordingPast.report(number) { try self.go(journey) }
        case .record(let name?): return await answer { try self.beginFile(name) }
        case .record(nil): return await answer { self.endFileWithSegment() }
        case .save(let name, let range, let marks): return await answer { try self.save(range, marks, as: name) }
        case .send, .detail, .goOn, .repaint, .quit, .keep: return nil
        }
    }

    /// What came of work that may take a while.
    private func answer(_ work: @escaping @Sendable () throws -> Dashboard.Message) async -> Dashboard.Message? {
        do {
            return try await tryOnThreadOfItsOwn(work)
        } catch {
            return .told("\(error)")
        }
    }

    private func go(_ journey: Journey) throws -> Moment {
        try visit.withLock { visit in
            try drain()
            visit.usedAt = .now
            let start = past.withLock { $0.chronology.range.lowerBound }
            var player = try player(upTo: journey.moment, &visit)
            if try !player.go(journey) {
                player = try self.player(upTo: .max, &visit)
                _ = try player.go(journey)
            }
            // What is not kept any more may still be known to who plays it.
            if player.moment.at < start { try player.seek(to: start) }
            return player.moment
        }
    }

    /// Who plays what is kept, up to a moment at least where that is there.
    private func player(upTo at: Milliseconds, _ visit: inout Visit) throws -> Player {
        if let player = visit.player, at <= visit.end { return player }
        let (bytes, end) = past.withLock { ($0.bytes, $0.end) }
        let player = try Player(bytes)
        (visit.player, visit.end) = (player, end)
        return player
    }

    // MARK: - Into a file

    private func beginFile(_ name: String) throws -> Dashboard.Message {
        try file.withLock { file in
            guard file.file == nil else {
                return .told(
                    file.isEnding
                        ? "the recording before is being ended: say it again in a moment"
                        : "this is being recorded already: `:record` alone ends that")
            }
            let path = Self.path(name)
            let made = try RecordingFile(creating: path)
            do {
                try drain()
                try past.withLock { past throws(RecordingError) in try past.beginCopy() }
                file.file = made
                _ = try write(&file)
            } catch {
                past.withLock { $0.dropCopy() }
                file = File()
                // It holds nothing.
                unlink(path)
                throw error
            }
            return .recording(to: name)
        }
    }

    private func endFileWithSegment() -> Dashboard.Message {
        file.withLock { file in
            guard file.file != nil else { return .told("nothing is being recorded: say :record friday.btrec") }
            file.isEnding = true
            past.withLock { $0.endCopyWithSegment() }
            inbox.withLock { $0.askForKeyframe() }
            return .recording(to: nil)
        }
    }

    /// - Returns: where the file is, if it ended with this.
    private func write(_ file: inout File) throws(RecordingError) -> String? {
        guard let open = file.file, let taken = past.withLock({ $0.takeCopy() }) else { return nil }
        if !taken.bytes.isEmpty { try open.append(taken.bytes, isSealed: taken.isSealed) }
        guard taken.isLast else { return nil }
        file = File()
        return open.path
    }

    /// - Returns: whether there was a file.
    private func dropFile() -> Bool {
        file.withLock { file in
            defer { file = File() }
            past.withLock { $0.dropCopy() }
            return file.file != nil
        }
    }

    /// Ends the file, if there is one, with what is known in the end.
    ///
    /// - Returns: why it could not, in words.
    func finish(_ observations: [Observation], _ known: (moment: Moment, clockOffset: Milliseconds)) async -> String? {
        await withTaskGroup(of: String?.self) { group in
            group.addTask {
                await onThreadOfItsOwn { self.end(observations, known) }
                    ?? "the disk takes too long: the recording was not ended in order, and can be read"
            }
            group.addTask {
                await pause(for: .seconds(5))
                return nil
            }
            defer { group.cancelAll() }
            return await group.next().flatMap(\.self)
        }
    }

    private func end(_ observations: [Observation], _ known: (moment: Moment, clockOffset: Milliseconds)) -> String? {
        do throws(RecordingError) {
            return try file.withLock { file throws(RecordingError) in
                guard file.file != nil else { return nil }
                past.withLock { $0.endCopyWithSegment() }
                inbox.withLock { inbox in
                    inbox.observe(observations)
                    inbox.askForKeyframe()
                    inbox.know(known.moment, clockOffset: known.clockOffset)
                }
                try drain()
                _ = try write(&file)
                return nil
            }
        } catch {
            return "\(error.message); what was recorded before can be read"
        }
    }

    private func save(_ range: ClosedRange<Milliseconds>, _ marks: TimeMarks, as name: String) throws
        -> Dashboard.Message
    {
        try drain()
        let stretch = past.withLock { $0.stretch(of: range) }
        let pieces = try stretch.recording()
        let path = Self.path(name)
        let file = try RecordingFile(creating: path)
        for piece in pieces { try file.append(piece, isSealed: true) }
        let inside = TimeMarks(marks.all.filter { range.contains($0.at) })
        if !inside.all.isEmpty, let complaint = MarksFile(besides: path).save(inside) {
            throw RecordingError(.system, complaint)
        }
        return .told("saved in \(name): \(pieces.reduce(0) { $0 + $1.count } / 1_000) kB")
    }

    /// A file as a person types it: `~` is home.
    private static func path(_ name: String) -> String {
        guard name.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"] else { return name }
        return home + name.dropFirst()
    }
}
