// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

/// A sign that stands on the screen, and what it says.
package struct Sign: Sendable {
    package let text: String
    /// A sentence for help, README and man page.
    package let meaning: String
    let style: @Sendable (Theme) -> Style

    private init(_ text: String, _ meaning: String, style: @escaping @Sendable (Theme) -> Style = { $0.key }) {
        self.text = text
        self.meaning = meaning
        self.style = style
    }

    private init(_ standing: CircuitStanding, _ meaning: String) {
        self.init("\(Theme().glyph(standing)) \(standing.word)", meaning) { $0.style(standing) }
    }

    /// Every sign. One is one value here; help, man page and the README's table derive from it.
    package static let all: [Sign] = [
        Sign(.calculated(.closed), "calls pass and are counted"),
        Sign(.calculated(.halfOpen), "a few probe calls decide whether it closes or opens again"),
        Sign(.calculated(.open), "calls are refused until the open time is over and a call comes to probe"),
        Sign(.forced(.forcedOpen, calculated: nil), "an operator has every call refused; in brackets what it would be"),
        Sign(.forced(.forcedClosed, calculated: nil), "an operator has every call admitted, however many fail"),
        Sign(.stale(nil, .none), "nothing heard for 3 intervals (at least 2 s): never counted as closed"),
        Sign(.stopped, "the service said goodbye"),
        Sign("60% 3/5<20", "3 of 5 finished calls in the window failed; <20: too few to trip, it needs 20"),
        Sign("●◐○ 1/3", "probes of a half-open circuit: ● succeeded, ◐ in flight, ○ still needed; 1 of 3 is done") {
            $0.attention
        },
        Sign("in 2.4 s", "when an open circuit probes; then probe due: the next call is the probe"),
        Sign("▣ 9:08", "when a force ends, in minutes and seconds; LOST!: a restart took it away, nobody decided since")
        {
            $0.forced
        },
        Sign("▁▃█", "the last minute or seconds as bars; the tallest is the busiest, not a limit") { $0.accent },
        Sign("≥ 60%", "the ratio at which it opens; before any other figure: at least so much, more was not seen"),
        Sign("▲ ▼", "rows are ordered by this column, the least or the greatest first"),
        Sign("–", "not known, or nothing to tell"),
        Sign("▸ row", "the cursor"),
        Sign("▸ ▾ group", "folded, or not: Enter turns it round"),
        Sign("✓ ◆", "marked for the next order; bookmarked") { $0.accent },
        Sign(
            "↑ ↓ ↺", "on the map: what it calls stands further up or down, once for all who call it; or it calls itself"
        ),
        Sign("◂ ROOT", "where failures likely began: the view Map tells why") { $0.alarm },
    ]
}
