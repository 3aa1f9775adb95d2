// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Fleet

extension Player {
    /// The end of the next second: whoever goes from one to the next notices who says nothing. Of a long time without a
    /// fact only the end is of interest.
    package func step(after second: Milliseconds, to end: Milliseconds) -> Milliseconds {
        let longest: Milliseconds = 600_000
        let next = nextAt ?? end
        return min(end, next.saturatingDifference(second) > longest ? next - longest : second + 1_000)
    }
}
