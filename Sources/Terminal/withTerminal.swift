// SPDX-License-Identifier: Apache-2.0
import CNcurses
import Synchronization

private let sessionRuns = Atomic<Bool>(false)

/// Takes over the terminal for the time of `body`, and gives it back as it was on every way out: return, error, signal,
/// crash.
///
/// INT, TERM and HUP come as `.terminate`; who does not leave within two seconds, or gets INT or TERM twice, is ended
/// with status 128 + signal, the terminal restored. What others write to stderr meanwhile is shown afterwards (its last
/// 8 KiB).
/// - Throws: `TerminalError` if there is no usable terminal or a session runs already, or what `body` throws.
///   Cancellation is up to `body`.
package func withTerminal<T>(
    _ options: TerminalOptions = TerminalOptions(),
    _ body: (Terminal) async throws -> T
) async throws -> T {
    guard !sessionRuns.exchange(true, ordering: .acquiringAndReleasing) else {
        throw TerminalError(code: .inUse, message: "The terminal is in use by another session of this process.")
    }
    defer { sessionRuns.store(false, ordering: .releasing) }
    // Never taken back: the body may well go on on another thread, and the stack belongs to this one.
    cn_alternate_stack(true)
    let state = TerminalState()
    let thread = TerminalThread(options: options, state: state)
    let traits = try await thread.start()
    let result: Result<T, any Error>
    do {
        result = .success(try await body(Terminal(traits: traits, state: state)))
    } catch {
        result = .failure(error)
    }
    await thread.stop()
    return try result.get()
}
