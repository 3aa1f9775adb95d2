// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What becomes of overrides when the service restarts.
public struct OverrideKeeping: Sendable {
    let path: String?
    let report: @Sendable (String) -> Void

    /// A restart drops them, and monitors say so: right where who restarts a service means to begin afresh.
    public static let untilRestart = OverrideKeeping(path: nil, report: { _ in })

    /// They are kept in a file, and the next process begins with those whose time is not over: right where a restart
    /// that nobody asked for must not let traffic through that an operator has stopped.
    ///
    /// Whatever is wrong with the file, the service starts and overrides hold in memory: see <doc:KeepingOverrides>.
    ///
    /// - Parameters:
    ///   - path: The file's absolute path, one for each instance. Its folder must belong to this user or root, and nobody
    ///     else may write to it; where it is missing at the start it is made, which is reported, but none of those above.
    ///   - report: Gets a sentence for the service's log when an override is restored, when overrides are not kept, when
    ///     they are kept again, and when a file could not be used. It is called by the registry's initializer, by whoever
    ///     makes a circuit that begins with an override, by the threads that write the file and that wait for one of
    ///     another process, which stand still meanwhile, by ``Registry/flush()`` at shutdown, and, where no thread can be
    ///     had, by whoever changes an override or calls ``Registry/advance()``: it must return
    ///     promptly, and never wait for the network or a lock that is held for long. Without one, sentences go to
    ///     standard error.
    public static func kept(
        in path: String, report: @escaping @Sendable (String) -> Void = Self.toStandardError
    ) -> OverrideKeeping {
        OverrideKeeping(path: path, report: report)
    }

    /// Writes a line to standard error.
    @Sendable public static func toStandardError(_ sentence: String) {
        let line = Array("\(sentence)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }
}
