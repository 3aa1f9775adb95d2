// SPDX-License-Identifier: Apache-2.0

public import BreakerTelemetry
import Glibc

extension Publisher {
    /// What a publisher does beyond publishing to its own user.
    public struct Configuration: Sendable {
        /// Where monitors reach it; all of them must be had.
        public var listeners: [Listener]

        /// Whether everybody observes and every command is refused.
        public var isReadOnly: Bool

        /// Who may give commands; the others who can connect observe.
        public var operators: Operators

        /// The most monitors at once; the next one is turned away. At least 1; never more than a quarter of the file
        /// descriptors that the process may have. A sixteenth of them is kept for operators on this machine.
        public var maximumConnections: Int

        /// The most of them from one client: one address, one user who observes, one process of an operator. At least 1.
        public var maximumConnectionsPerClient: Int

        /// The shortest interval between two samples, in milliseconds, whatever a monitor asks for. At least 10.
        public var minimumInterval: Milliseconds

        /// How long a monitor may take from connecting to subscribing, in milliseconds.
        var subscribeTime: Milliseconds = 5_000

        /// How long a monitor may take to read what was sent, before it is dropped.
        var patience: Duration = .seconds(10)

        /// Creates a configuration; by default a Unix socket where this process's own user operates, 64 monitors at once,
        /// 16 of one client, 100 ms.
        public init(
            listeners: [Listener] = [.unix()],
            isReadOnly: Bool = false,
            operators: Operators = .init(),
            maximumConnections: Int = 64,
            maximumConnectionsPerClient: Int = 16,
            minimumInterval: Milliseconds = 100
        ) {
            self.listeners = listeners
            self.isReadOnly = isReadOnly
            self.operators = operators
            self.maximumConnections = maximumConnections
            self.maximumConnectionsPerClient = maximumConnectionsPerClient
            self.minimumInterval = minimumInterval
            check()
        }

        /// That every value is in its range; a publisher asks again, since each may have been set since.
        func check() {
            precondition(!listeners.isEmpty, "a publisher needs a listener")
            precondition(maximumConnections >= 1, "maximumConnections must be at least 1, not \(maximumConnections)")
            precondition(
                maximumConnectionsPerClient >= 1,
                "maximumConnectionsPerClient must be at least 1, not \(maximumConnectionsPerClient)")
            precondition(minimumInterval >= 10, "minimumInterval must be at least 10 ms, not \(minimumInterval)")
        }
    }

    /// Whose monitors may give commands. What counts is what the kernel says about a Unix socket, or a verified
    /// certificate; never a claim, and never an address.
    public struct Operators: Sendable, Hashable {
        /// User numbers.
        public var users: Set<UInt32>
        /// Numbers of groups, primary or supplementary.
        public var groups: Set<UInt32>
        /// Names of certificates, exactly as they stand there: an alternative name, or the common name where there is none.
        public var certificateNames: Set<String>

        /// Creates a list; by default this process's own user.
        public init(
            users: Set<UInt32> = [Operators.thisUser], groups: Set<UInt32> = [], certificateNames: Set<String> = []
        ) {
            self.users = users
            self.groups = groups
            self.certificateNames = certificateNames
        }

        /// The user that this process acts as.
        public static var thisUser: UInt32 { geteuid() }
    }
}
