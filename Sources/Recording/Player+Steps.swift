// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Fleet

extension Player {
    /// Goes on to the next fact after a moment.
    ///
    /// - Returns: whether there is one.
    package func stepForward(from at: Milliseconds) throws(RecordingError) -> Bool {
        if moment.at != at { try seek(to: at) }
        guard try takeNext() else { return false }
        // Whatever came in the same millisecond belongs to it.
        try play(to: moment.at)
        return true
    }

    /// Goes back to the last fact before a moment, or to the beginning.
    package func stepBack(from at: Milliseconds) throws(RecordingError) {
        try seek(to: try lastFact(before: at) ?? header.started)
    }
}
