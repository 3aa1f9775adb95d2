// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Dashboard
import Fleet
import Recording
import Synchronization

/// A recording that is replayed.
final class RecordingPast: Past {
    private let source: any ByteSource & Sendable
    private let player: Mutex<Player>
    private let marksFile: MarksFile
    let chronology: Chronology
    /// What was marked before, and why it cannot be read.
    let marks: (all: TimeMarks, complaint: String?)

    /// Opens it; blocks.
    init(path: String) throws {
        let source = try FileBytes(path: path)
        let player = try Player(source)
        let end = try player.end()
        chronology = Chronology(range: player.header.started...max(player.header.started, end))
        marksFile = MarksFile(besides: path)
        marks = marksFile.load()
        self.source = source
        self.player = Mutex(player)
    }

    func perform(_ effect: Dashboard.Effect) async -> Dashboard.Message? {
        switch effect {
        case .travel(let journey, let number): await Self.report(number) { try self.go(journey) }
        case .keep(let kept): await onThreadOfItsOwn { self.marksFile.save(kept) }.flatMap(\.self).map { .told($0) }
        default: nil
        }
    }

    /// What came of a journey that may take a while.
    static func report(
        _ number: Int, _ go: @escaping @Sendable () throws -> Moment
    ) async -> Dashboard.Message? {
        do {
            return .arrived(try await tryOnThreadOfItsOwn(go), number: number)
        } catch is CancellationError {
            return nil
        } catch {
            return .stranded("\(error)", number: number)
        }
    }

    private func go(_ journey: Journey) throws -> Moment {
        try player.withLock { player in
            _ = try player.go(journey)
            return player.moment
        }
    }

    /// Looks through all of it for transitions.
    func run(_ tell: @escaping @Sendable (Dashboard.Message) async -> Void) async {
        let found = AsyncStream<Chronology>.makeStream(bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                _ = await onThreadOfItsOwn {
                    self.lookThrough { found.continuation.yield($0) }
                    found.continuation.finish()
                }
                found.continuation.finish()
            }
            for await chronology in found.stream { await tell(.chronology(chronology)) }
        }
    }

    private func lookThrough(_ tell: (Chronology) -> Void) {
        let scan = player.withLock { TransitionScan(source, of: $0) }
        var told = ContinuousClock.now
        var chronology = chronology
        while let isMore = try? scan.step(), isMore {
            guard told.duration(to: .now) > .milliseconds(250) else { continue }
            told = .now
            chronology.transitions = scan.transitions
            tell(chronology)
        }
        chronology.transitions = scan.transitions
        // It is not when the file could not be read to its end.
        chronology.isComplete = scan.isComplete
        tell(chronology)
    }
}
