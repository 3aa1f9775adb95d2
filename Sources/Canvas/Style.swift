// SPDX-License-Identifier: Apache-2.0

/// How a cell looks: two colours and attributes. Three bytes.
package struct Style: Hashable, Sendable {
    package struct Attributes: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        package static let bold = Attributes(rawValue: 1)
        package static let dim = Attributes(rawValue: 2)
        package static let reverse = Attributes(rawValue: 4)
        package static let underline = Attributes(rawValue: 8)
    }

    /// The terminal's own colours, no attributes.
    package static let plain = Style()

    package var foreground: Color
    package var background: Color
    package var attributes: Attributes

    package init(foreground: Color = .default, background: Color = .default, attributes: Attributes = []) {
        self.foreground = foreground
        self.background = background
        self.attributes = attributes
    }

    package var bold: Style { with(.bold) }
    package var dim: Style { with(.dim) }
    package var reversed: Style { with(.reverse) }
    package var underlined: Style { with(.underline) }

    package func with(_ attributes: Attributes) -> Style {
        Style(foreground: foreground, background: background, attributes: self.attributes.union(attributes))
    }

    package func foreground(_ color: Color) -> Style {
        Style(foreground: color, background: background, attributes: attributes)
    }

    package func on(_ color: Color) -> Style {
        Style(foreground: foreground, background: color, attributes: attributes)
    }
}

extension Style: CustomStringConvertible {
    /// As in `bold red on blue`; `plain` if there is nothing to say.
    package var description: String {
        let words: [(Attributes, String)] = [
            (.bold, "bold"), (.dim, "dim"), (.reverse, "reverse"), (.underline, "underline"),
        ]
        var parts = words.filter { attributes.contains($0.0) }.map(\.1)
        if foreground != .default { parts.append(foreground.description) }
        if background != .default { parts.append("on " + background.description) }
        return parts.isEmpty ? "plain" : parts.joined(separator: " ")
    }
}
