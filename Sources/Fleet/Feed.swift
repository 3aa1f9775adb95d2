// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// Takes observations. Suspends while the monitor is busy, so that a flood waits in the peer instead of in memory.
package typealias ObservationSink = @Sendable (Observation) async -> Void

/// A kind of source: facts flow out of it, commands go back.
package protocol Feed: Sendable {
    /// Delivers observations until the task is cancelled or nothing more can come.
    ///
    /// - Throws: only what a person has to mend before anything can work, such as a folder that somebody else may write to.
    func run(into sink: @escaping ObservationSink) async throws

    /// Sends a command to the service of `command.boot` and waits for its answer, at most ``commandTimeout``.
    ///
    /// Never throws: "not connected" and "no answer" are refusals as well.
    func perform(_ command: Command) async -> CommandResult

    /// Says of which circuits histograms are wanted from now on, instead of those said before. Returns when the services
    /// connected now have been told; a connection made later tells its own.
    func detail(_ circuits: [DetailedCircuit]) async
}

extension Feed {
    /// A source that has no histograms.
    package func detail(_ circuits: [DetailedCircuit]) async {}
}

/// A circuit of a boot, by number.
package struct DetailedCircuit: Sendable, Hashable {
    package var boot: String
    package var circuit: Int64

    package init(boot: String, circuit: Int64) {
        self.boot = boot
        self.circuit = circuit
    }
}

/// How long a monitor waits for the answer to a command.
package let commandTimeout: Duration = .seconds(5)

extension CommandError.Code {
    /// No live connection to that boot. Said by the monitor itself.
    package static let notConnected = CommandError.Code(rawValue: "not_connected")
    /// The service did not answer in time; the command may or may not have been done. Said by the monitor itself.
    package static let noAnswer = CommandError.Code(rawValue: "no_answer")
}
