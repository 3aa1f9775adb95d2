// SPDX-License-Identifier: Apache-2.0

/// Why a text is no target, as a sentence that names it and says what to write.
package struct TargetError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

extension String {
    /// For an error's text: short, and with nothing in it that could harm a terminal.
    var shown: String {
        let shown = unicodeScalars.prefix(120).map { $0.properties.isPrintable ? $0 : "?" }
        return String(String.UnicodeScalarView(shown)) + (unicodeScalars.count > 120 ? "…" : "")
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isPrintable: Bool {
        switch generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
