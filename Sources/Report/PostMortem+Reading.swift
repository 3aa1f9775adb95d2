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
        var (complaints, missing) = (0, player.missing.count)
        var digest = Digest(span, player.moment.fleet, clockOffset: player.clockOffset)
        /// What could not be read up to now.
        func skip() {
            let words = player.complaints[complaints...].map { PostMortem.Loss.Kind.damage($0) }
            let losses = words.map { Loss(at: player.moment.at, kind: $0) }
            let gaps = player.missing[missing...].map { gap in
                Loss(at: gap.lowerBound, until: gap.upperBound, kind: .missing)
            }
            (complaints, missing) = (player.complaints.count, player.missing.count)
            let missed = losses + gaps
            if !missed.isEmpty { digest.skip(missed, at: player.moment.at, player.moment.fleet) }
        }
        var second = span.lowerBound
        repeat {
            second = player.step(after: second, to: span.upperBound)
            while let fact = try player.next(until: second) {
                skip()
                digest.take(fact, at: player.moment.at, player.moment.fleet)
            }
            skip()
            digest.tick(at: player.moment.at, player.moment.fleet)
        } while second < span.upperBound
        self = digest.finish(player.moment.fleet)
        self.file = file
        self.recorded = recorded
        program = player.header.program
        isRedacted = player.header.isRedacted
        isEnded = player.hasTable
    }
}
