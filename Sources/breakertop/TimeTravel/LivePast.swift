// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Dashboard
import Fleet
import FoundationEssentials
import Recording
import Synchronization

/// What this screen saw lately, and the file that it goes into as well.
///
/// The screen hands over what it observed, which costs it nothing; what is written and read is on threads of its own. Where
/// that is too slow, nothing is kept until all that is known comes anew.
final class LivePast: Past {
    /// What the screen hands over.
    enum Note: Sendable {
        case observed([Observation])
        /// All that is known now, and what the wall clock is ahead of the monitor's own.
        case known(Moment, clockOffset: Milliseconds)
    }

    fileprivate struct Inbox {
        var notes: [Note] = []
        var rows = 0
        /// Whether what comes is of no use before all that is known has come.
        var isBroken = true
    }

    private struct Visit {
        var player: Player?
        /// What the player has read ends here.
        var end: Milliseconds = .min
    }

    /// The most rows that wait to be written.
    private static let maximumRows = 100_000
    /// All that is known is asked for so long before it is needed.
    private static let lead: Milliseconds = 1_000

    private let inbox = Mutex(Inbox())
    private let past: Mutex<RecentPast>
    private let visit = Mutex(Visit())
    /// The file that all goes into as well.
    private let file = Mutex<RecordingFile?>(nil)
    private let wantsKeyframe = Atomic(true)
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    /// - Parameter began: the screen's clocks, of which the one that never goes back began with the wall clock.
    init(began: TelemetryInstant, limits: RecentPast.Limits) throws {
        let header = RecordingHeader(started: began.up, program: "breakertop \(Breakertop.version)")
        past = Mutex(try RecentPast(header, limits: limits))
        (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: - Taking notes

    /// Whether all that is known is wanted behind what is observed next.
    var isKeyframeWanted: Bool { wantsKeyframe.load(ordering: .relaxed) }

    func take(_ notes: [Note]) {
        inbox.withLock { inbox in
            for note in notes { inbox.take(note) }
            guard inbox.rows > Self.maximumRows else { return }
            inbox = Inbox()
            wantsKeyframe.store(true, ordering: .relaxed)
        }
        ring.yield()
    }

    /// Writes what was handed over.
    private func drain() throws(RecordingError) {
        try past.withLock { past throws(RecordingError) in
            let notes = inbox.withLock { inbox in
                defer { (inbox.notes, inbox.rows) = ([], 0) }
                return inbox.notes
            }
            for note in notes {
                switch note {
                case .observed(let observations): for observation in observations { try past.append(observation) }
                case .known(let moment, let offset):
                    try past.beginSegment(with: moment, clockOffset: offset)
                    wantsKeyframe.store(false, ordering: .relaxed)
                }
            }
            try past.flush()
            if past.isSegmentDue(at: past.end.saturatingSum(Self.lead)) {
                wantsKeyframe.store(true, ordering: .relaxed)
            }
        }
    }

    func run(_ tell: @escaping @Sendable (Dashboard.Message) async -> Void) async {
        for await _ in bell {
            let outcome = await onThreadOfItsOwn { () -> Result<String?, RecordingError> in
                do throws(RecordingError) {
                    try self.drain()
                    return .success(try self.writeCopy())
                } catch {
                    return .failure(error)
                }
            }
            switch outcome {
            case nil, .success(nil): break
            case .success(let path?): await tell(.told("recorded in \(path)"))
            case .failure(let failure):
                let isOfFile = dropCopy()
                await tell(.recording(to: nil))
                await tell(.told("\(failure.message)\(isOfFile ? "; what was recorded before can be read" : "")"))
            }
            await tell(.chronology(past.withLock { $0.chronology }))
        }
    }

    // MARK: - Going there

    func perform(_ effect: Dashboard.Effect) async -> Dashboard.Message? {
        switch effect {
        case .travel(let journey): return await RecordingPast.report { try self.go(journey) }
        case .record(let name?): return await beginCopy(name)
        case .record(nil): return endCopyWithNextSegment()
        case .save(let name, let range, let marks): return await save(range, marks, as: name)
        case .send, .detail, .goOn, .repaint, .quit, .keep: return nil
        }
    }

    private func go(_ journey: Transport.Journey) throws -> Moment {
        try visit.withLock { visit in
            try drain()
            switch journey {
            case .to(let at):
                let player = try player(upTo: at, &visit)
                try player.seek(to: at)
                return player.moment
            case .stepForward(let at):
                var player = try player(upTo: at, &visit)
                if try !player.stepForward(from: at) {
                    player = try self.player(upTo: .max, &visit)
                    _ = try player.stepForward(from: at)
                }
                return player.moment
            case .stepBack(let at):
                let player = try player(upTo: at, &visit)
                try player.stepBack(from: at)
                return player.moment
            }
        }
    }

    /// Who plays what is kept, up to a moment at least where that is there.
    private func player(upTo at: Milliseconds, _ visit: inout Visit) throws -> Player {
        if let player = visit.player, at <= visit.end { return player }
        let (bytes, end) = past.withLock { ($0.bytes, $0.end) }
        let player = try Player(bytes)
        visit = Visit(player: player, end: end)
        return player
    }

    // MARK: - Into a file

    private func beginCopy(_ name: String) async -> Dashboard.Message? {
        guard file.withLock({ $0 == nil }) else {
            return .told("this is being recorded already: `:record` alone ends that")
        }
        do {
            try await tryOnThreadOfItsOwn {
                let made = try RecordingFile(creating: Self.path(name))
                try self.drain()
                try self.past.withLock { past throws(RecordingError) in try past.beginCopy() }
                self.file.withLock { $0 = made }
                _ = try self.writeCopy()
            }
            return .recording(to: name)
        } catch {
            _ = dropCopy()
            return .told("\(error)")
        }
    }

    private func endCopyWithNextSegment() -> Dashboard.Message? {
        guard file.withLock({ $0 != nil }) else { return .told("nothing is being recorded: say :record friday.btrec") }
        past.withLock { $0.endCopyWithSegment() }
        wantsKeyframe.store(true, ordering: .relaxed)
        return .recording(to: nil)
    }

    /// - Returns: the file, if it ended with this.
    private func writeCopy() throws(RecordingError) -> String? {
        guard let file = file.withLock(\.self), let (bytes, isLast) = past.withLock({ $0.takeCopy() }) else {
            return nil
        }
        if !bytes.isEmpty { try file.append(bytes, isSealed: isLast) }
        if isLast { self.file.withLock { $0 = nil } }
        return isLast ? file.path : nil
    }

    /// - Returns: whether there was a file.
    private func dropCopy() -> Bool {
        past.withLock { $0.dropCopy() }
        return file.withLock { file in
            defer { file = nil }
            return file != nil
        }
    }

    /// Ends the file, if there is one, with what is known in the end.
    func finish(_ notes: [Note]) async {
        guard file.withLock({ $0 != nil }) else { return }
        past.withLock { $0.endCopyWithSegment() }
        take(notes)
        _ = await onThreadOfItsOwn(grace: .seconds(5)) {
            try? self.drain()
            _ = try? self.writeCopy()
        }
    }

    private func save(_ range: ClosedRange<Milliseconds>, _ marks: TimeMarks, as name: String) async
        -> Dashboard.Message
    {
        do {
            let size = try await tryOnThreadOfItsOwn {
                try self.drain()
                let pieces = try self.past.withLock { past throws(RecordingError) in try past.recording(of: range) }
                let path = Self.path(name)
                let file = try RecordingFile(creating: path)
                for piece in pieces { try file.append(piece, isSealed: true) }
                if !marks.all.isEmpty, let complaint = MarksFile(besides: path).save(marks) {
                    throw RecordingError(.system, complaint)
                }
                return pieces.reduce(0) { $0 + $1.count }
            }
            return .told("saved in \(name): \(size / 1_000) kB")
        } catch {
            return .told("\(error)")
        }
    }

    /// A file as a person types it: `~` is home.
    private static func path(_ name: String) -> String {
        guard name.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"] else { return name }
        return home + name.dropFirst()
    }
}

extension LivePast.Inbox {
    fileprivate mutating func take(_ note: LivePast.Note) {
        switch note {
        case .observed(let observations):
            guard !isBroken else { return }
            rows += observations.reduce(observations.count) { count, observation in
                guard case .sample(let sample, _) = observation.fact else { return count }
                return count + sample.rows.count
            }
        case .known: isBroken = false
        }
        notes.append(note)
    }
}
