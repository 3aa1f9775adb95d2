// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Canvas
package import Fleet

/// The looks: one accent colour a state, each with its own glyph and word, on the terminal's own background.
package struct Theme: Sendable {
    package var plain = Style.plain
    package var quiet = Style.plain.dim
    package var title = Style.plain.bold
    package var heading = Style.plain.dim
    package var rule = Style.plain.dim
    package var accent = Style(foreground: .cyan)
    package var good = Style(foreground: .green)
    package var attention = Style(foreground: .yellow).bold
    package var alarm = Style(foreground: .red).bold
    package var forced = Style(foreground: .magenta).bold
    package var key = Style.plain.bold

    package init() {}

    /// A standing's glyph.
    package func glyph(_ standing: CircuitStanding) -> String {
        switch standing {
        case .calculated(let state): glyph(state)
        case .forced: "▣"
        case .stale: "◌"
        case .stopped: "○"
        }
    }

    /// A calculated state's glyph.
    package func glyph(_ state: CircuitState) -> String {
        switch state {
        case .closed: "●"
        case .halfOpen: "◐"
        case .open: "■"
        }
    }

    /// A standing's accent.
    package func style(_ standing: CircuitStanding) -> Style {
        switch standing {
        case .calculated(let state): style(state)
        case .forced: forced
        case .stale: quiet
        case .stopped: quiet
        }
    }

    /// A calculated state's accent.
    package func style(_ state: CircuitState) -> Style {
        switch state {
        case .closed: good
        case .halfOpen: attention
        case .open: alarm
        }
    }
}

extension CircuitState {
    /// The state in a word for people.
    package var word: String {
        switch self {
        case .closed: "closed"
        case .halfOpen: "half-open"
        case .open: "open"
        }
    }
}
