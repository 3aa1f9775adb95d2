// SPDX-License-Identifier: Apache-2.0

/// One of the terminal's own colours: its default, or one of the 16 that the user's theme defines.
///
/// No more, so that every theme, light or dark, keeps its contrast.
package struct Color: Hashable, Sendable {
    /// 0 is the default, 1…16 are the 16 colours: a byte a cell.
    private let code: UInt8

    private init(code: UInt8) {
        self.code = code
    }

    /// The terminal's own foreground or background.
    package static let `default` = Color(code: 0)

    /// The colour of this number, 0…15; a higher number counts modulo 16.
    package static func ansi(_ index: UInt8) -> Color { Color(code: (index & 15) + 1) }

    package static let black = ansi(0)
    package static let red = ansi(1)
    package static let green = ansi(2)
    package static let yellow = ansi(3)
    package static let blue = ansi(4)
    package static let magenta = ansi(5)
    package static let cyan = ansi(6)
    package static let white = ansi(7)

    /// 0…15, or nil for the terminal's default.
    package var ansiIndex: UInt8? { code == 0 ? nil : code - 1 }
}

extension Color: CustomStringConvertible {
    private static let names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]

    package var description: String {
        guard let index = ansiIndex else { return "default" }
        let name = Color.names[Int(index & 7)]
        return index < 8 ? name : "bright-" + name
    }
}
