// SPDX-License-Identifier: Apache-2.0
import CNcurses
import Glibc
import Synchronization

/// The one thread that owns ncurses and the terminal. A real thread: the loop blocks in `poll`, and ncurses' state is
/// global.
final class TerminalThread: Sendable {
    private enum Phase {
        case idle
        case starting(CheckedContinuation<Terminal.Traits, any Error>)
        case running
        case stopping(CheckedContinuation<Void, Never>)
        case ended
    }

    private let options: TerminalOptions
    private let state: TerminalState
    private let phase = Mutex(Phase.idle)

    init(options: TerminalOptions, state: TerminalState) {
        self.options = options
        self.state = state
    }

    /// Returns when the terminal is ours; nothing is on the screen yet.
    func start() async throws -> Terminal.Traits {
        try await withCheckedThrowingContinuation { continuation in
            phase.withLock { $0 = .starting(continuation) }
            guard spawn() else {
                phase.withLock { $0 = .ended }
                continuation.resume(
                    throwing: TerminalError(code: .noResources, message: "No thread for the terminal can be started.")
                )
                return
            }
        }
    }

    /// Returns when the terminal is as it was found.
    func stop() async {
        await withCheckedContinuation { continuation in
            let ended = phase.withLock { phase in
                if case .ended = phase { return true }
                phase = .stopping(continuation)
                return false
            }
            if ended { continuation.resume() } else { state.mailbox.put { $0.stop = true } }
        }
    }

    private func spawn() -> Bool {
        var thread = pthread_t()
        let this = Unmanaged.passRetained(self)
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<TerminalThread>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, this.toOpaque())
        guard result == 0 else {
            this.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private func run() {
        cn_alternate_stack(true)
        defer { cn_alternate_stack(false) }
        do throws(TerminalError) {
            var loop = try TerminalLoop(options: options, state: state)
            report(.success(loop.traits))
            loop.run()
            state.events.finish()
            end()
        } catch {
            report(.failure(error))
        }
    }

    private func report(_ result: Result<Terminal.Traits, TerminalError>) {
        let continuation = phase.withLock { phase -> CheckedContinuation<Terminal.Traits, any Error>? in
            guard case .starting(let continuation) = phase else { return nil }
            if case .success = result { phase = .running } else { phase = .ended }
            return continuation
        }
        continuation?.resume(with: result.mapError { $0 as any Error })
    }

    private func end() {
        let continuation = phase.withLock { phase -> CheckedContinuation<Void, Never>? in
            defer { phase = .ended }
            guard case .stopping(let continuation) = phase else { return nil }
            return continuation
        }
        continuation?.resume()
    }
}
