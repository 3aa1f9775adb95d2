// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// How times of day are written: in UTC, or in the zone of who looks.
package struct WallClock: Sendable {
    /// What local time is ahead of UTC at a moment, in milliseconds; `nil` = UTC is written.
    let offset: (@Sendable (Milliseconds) -> Milliseconds)?

    /// The time of day of milliseconds since 1970: `12:03:38`.
    func time(_ t: Milliseconds) -> String { Format.clock(t.saturatingSum(offset?(t) ?? 0)) }

    /// The same with its zone where that is UTC: `12:03:38Z`.
    func zoned(_ t: Milliseconds) -> String { time(t) + (offset == nil ? "Z" : "") }

    /// The zone in a word.
    var zone: String { offset == nil ? "UTC" : "local" }

    /// The same with its zone in a word: `12:03:38 UTC`, `13:03:38 local`.
    func named(_ t: Milliseconds) -> String { "\(time(t)) \(zone)" }
}
