// SPDX-License-Identifier: Apache-2.0

public import BreakerTelemetry
import Glibc

extension Publisher {
    /// What a publisher does beyond publishing to its own user.
    public struct Configuration: Sendable {
        /// The folder for the socket, created if need be; its parent must exist.
        ///
        /// `nil` takes the first usable of `$BREAKERTOP_DIR`, `/run/breakertop` (which is never created),
        /// `$XDG_RUNTIME_DIR/breakertop` and `/tmp/breakertop-<uid>`.
        public var folder: String?

        /// Whether every command is refused, whoever sends it.
        public var isReadOnly: Bool

        /// Who may give commands; the others who can open the socket observe.
        public var operators: Operators

        /// The most monitors at once; the next one is told so and turned away. At least 1; never more than a quarter
        /// of the file descriptors that the process may have.
        public var maximumConnections: Int

        /// The shortest interval between two samples, in milliseconds, whatever a monitor asks for. At least 10.
        public var minimumInterval: Milliseconds

        /// Creates a configuration; by default this process's own user operates, 64 monitors at once, 100 ms.
        public init(
            folder: String? = nil,
            isReadOnly: Bool = false,
            operators: Operators = .init(),
            maximumConnections: Int = 64,
            minimumInterval: Milliseconds = 100
        ) {
            precondition(maximumConnections >= 1, "maximumConnections must be at least 1, not \(maximumConnections)")
            precondition(minimumInterval >= 10, "minimumInterval must be at least 10 ms, not \(minimumInterval)")
            self.folder = folder
            self.isReadOnly = isReadOnly
            self.operators = operators
            self.maximumConnections = maximumConnections
            self.minimumInterval = minimumInterval
        }
    }

    /// Users and groups whose monitors may give commands. What counts is what the kernel says about the connection,
    /// never a claim.
    public struct Operators: Sendable, Hashable {
        /// User numbers.
        public var users: Set<UInt32>
        /// Numbers of primary groups.
        public var groups: Set<UInt32>

        /// Creates a list; by default this process's own user.
        public init(users: Set<UInt32> = [Operators.thisUser], groups: Set<UInt32> = []) {
            self.users = users
            self.groups = groups
        }

        /// The user that this process acts as.
        public static var thisUser: UInt32 { geteuid() }
    }
}
