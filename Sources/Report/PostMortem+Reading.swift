// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Fleet
package import Recording

extension PostMortem {
    /// Reads a stretch of a recording, once.
    package init(
        reading player: Player, _ span: ClosedRange<Milliseconds>, of recorded: ClosedRange<Milliseconds>,
        file: String = ""
    ) throws(RecordingError) {
        try player.seek(to: span.lowerBound)
        var complaints = 0
        var digest = Digest(span, player.moment.fleet, clockOffset: player.clockOffset)
        var second = span.lowerBound
        repeat {
            second = player.step(after: second, to: span.upperBound)
            while let fact = try player.next(until: second) {
                if player.complaints.count > complaints {
                    for words in player.complaints[complaints...] {
                        digest.skip(words, at: player.moment.at, player.moment.fleet)
                    }
                    complaints = player.complaints.count
                }
                digest.take(fact, at: player.moment.at, player.moment.fleet)
            }
            digest.tick(at: player.moment.at, player.moment.fleet)
        } while second < span.upperBound
        for words in player.complaints[complaints...] {
            digest.skip(words, at: player.moment.at, player.moment.fleet)
        }
        self = digest.finish(player.moment.fleet)
        self.file = file
        self.recorded = recorded
        program = player.header.program
        isRedacted = player.header.isRedacted
        isEnded = player.hasTable
    }
}
