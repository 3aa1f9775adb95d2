// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
package import Fleet

extension Player {
    /// Goes where somebody wants to go.
    ///
    /// - Returns: whether there is such a moment: after the last fact there is no next one.
    package func go(_ journey: Journey) throws(RecordingError) -> Bool {
        switch journey {
        case .to(let at): try seek(to: at)
        case .stepForward(let at): return try stepForward(from: at)
        case .stepBack(let at):
            let last = try lastFact(before: at)
            let beginning = try beginning()
            try seek(to: last ?? beginning)
        }
        return true
    }

    private func stepForward(from at: Milliseconds) throws(RecordingError) -> Bool {
        if moment.at != at { try seek(to: at) }
        guard try takeNext() else { return false }
        // Whatever came in the same millisecond belongs to it.
        try play(to: moment.at)
        return true
    }
}
