// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Canvas

@Suite struct TransliterationTests {
    @Test("Without UTF-8 a drawing keeps its shape and everything else becomes a question mark")
    func shapes() {
        var canvas = Canvas(size: Size(columns: 14, rows: 2))
        canvas.write("▸ ■ open ≥ 60%", x: 0, y: 0)
        canvas.write("日é──…", x: 0, y: 1)
        #expect(canvas.transliterated.text == "> # open > 60%\n? ?--~")
    }

    @Test("ASCII stays as it is")
    func ascii() {
        var canvas = Canvas(size: Size(columns: 20, rows: 1))
        canvas.write("plain text ~", x: 0, y: 0, style: .plain.bold)
        #expect(canvas.transliterated == canvas)
    }
}
