// SPDX-License-Identifier: Apache-2.0

public import BreakerTelemetry
import Glibc

extension Publisher {
    /// What a publisher does beyond publishing to its own user.
    public struct Configuration: Sendable {
        /// Where monitors reach it; one that cannot be had is tried again until it is.
        public var listeners: [Listener]

        /// Whether everybody observes and every command is refused.
        public var isReadOnly: Bool

        /// Who may give commands; the others who can connect observe.
        public var operators: Operators

        /// The most monitors at once; the next one that subscribes is turned away. At least 1; never more than a fifth of the
        /// file descriptors that the process may have. A sixteenth of them, at least one of several, is kept for operators.
        ///
        /// Connections that have not subscribed are not among them. A quarter as many may wait when all places are taken; one
        /// more, and the oldest is closed of the client that has most of those. Who is known to operate takes his place at once.
        public var maximumConnections: Int

        /// The most of them from one client: one certificate, one address, one user who observes, one process of an operator.
        /// At least 1; `nil` is a quarter of all, at least 1.
        public var maximumConnectionsPerClient: Int?

        /// The shortest interval between two samples, in milliseconds, whatever a monitor asks for. At least 10.
        public var minimumInterval: Milliseconds

        /// How long a monitor may take from connecting to subscribing, in milliseconds.
        var subscribeTime: Milliseconds = 5_000

        /// How long a monitor may take to read what was sent, before it is dropped.
        var patience: Duration = .seconds(10)

        /// How many lines a `subscribe` counts for, at least 1.
        var subscribeCost = LineBudget.subscribe

        /// Gets what it takes to listen; may block.
        var opening: @Sendable (Listener, ServiceIdentity) throws -> OpenPlace = { try OpenPlace($0, of: $1) }

        /// Creates a configuration; by default a Unix socket where this process's own user operates, 64 monitors at once,
        /// 16 of one client, 100 ms.
        public init(
            listeners: [Listener] = [.unix()],
            isReadOnly: Bool = false,
            operators: Operators = .init(),
            maximumConnections: Int = 64,
            maximumConnectionsPerClient: Int? = nil,
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
            let perClient = maximumConnectionsPerClient ?? 1
            precondition(perClient >= 1, "maximumConnectionsPerClient must be at least 1, not \(perClient)")
            precondition(minimumInterval >= 10, "minimumInterval must be at least 10 ms, not \(minimumInterval)")
        }
    }

    /// Whose monitors may give commands over a Unix socket, by what the kernel says about its other end; never by a claim.
    /// Over TLS it is ``TLS/operators``, over plain TCP nobody.
    public struct Operators: Sendable, Hashable {
        /// User numbers.
        public var users: Set<UInt32>
        /// Numbers of groups, primary or supplementary.
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
