// SPDX-License-Identifier: Apache-2.0

package import BreakerSockets
package import BreakerTelemetry
package import Fleet
package import Resilience

/// One metrics socket as a source, named by the user: connected again whenever the connection breaks.
package struct SocketFeed: Feed {
    private let follower: SocketFollower
    private let router = CommandRouter()

    /// - Parameters:
    ///   - client: this program's name and version, as the service is told.
    ///   - interval: how often samples are wanted; the service may give fewer.
    ///   - random: spreads the attempts to reconnect.
    package init(
        _ endpoint: Endpoint, client: String, interval: Milliseconds = 250, clock: MonitorClock = MonitorClock(),
        random: RandomSource = .system
    ) {
        let options = SocketFollower.Options(
            client: client, interval: interval, clock: clock, random: random, isQuietUntilFirstAnswer: false)
        follower = SocketFollower(endpoint, options, router)
    }

    package func run(into sink: @escaping ObservationSink) async throws {
        await follower.run(into: sink)
    }

    package func perform(_ command: Command) async -> CommandResult {
        await router.perform(command)
    }
}
