// SPDX-License-Identifier: Apache-2.0
import Canvas
import Testing

@Suite struct ChartTests {
    @Test(
        "A sparkline scales to its maximum, leaves unknowns blank, and shows that something happened",
        arguments: [
            ([0, 1, 4, 7], nil, "▁▂▅█"), ([0, 0], nil, "▁▁"), ([nil, 1], nil, " █"), ([0.001, 100], nil, "▂█"),
            ([5, 20], 10, "▅█"),
            ([.nan, .infinity, -3, 1], nil, "  ▁█"), ([1], 0, "▁"), ([], nil, ""), ([1], .nan, "█"),
        ] as [([Double?], Double?, String)])
    func sparkline(values: [Double?], maximum: Double?, expected: String) {
        #expect(Sparkline(values, maximum: maximum).text() == expected)
    }

    @Test(
        "The newest value stands at the right, whatever the width",
        arguments: [(0, ""), (1, "█"), (2, "▁█"), (4, "  ▁█"), (-1, "")])
    func sparklineWidth(width: Int, expected: String) {
        #expect(Sparkline([0, 9]).text(width: width) == expected)
    }

    @Test(
        "A gauge is as wide as it says, with a mark where the bar has not reached the threshold",
        arguments: [
            (0.5, 0.75, 8, "████  ╷ "), (0.82, 0.6, 8, "██████▌ "), (nil, 0.6, 8, "    ╷   "), (0, nil, 4, "    "),
            (0.0001, nil, 4, "▏   "), (1, 1, 4, "████"), (9, 9, 4, "████"), (-1, -1, 4, "╷   "), (.nan, .nan, 3, "   "),
            (0.5, 0.5, 0, ""), (0.5, 0.5, -9, ""),
        ] as [(Double?, Double?, Int, String)])
    func gauge(value: Double?, threshold: Double?, width: Int, expected: String) {
        #expect(Gauge(value: value, threshold: threshold, width: width).text() == expected)
    }

    @Test("The ASCII forms are ASCII")
    func ascii() {
        let gauge = Gauge(value: 0.45, threshold: 0.9, width: 10).text(glyphs: .ascii)
        #expect(gauge == "####-    |")
        #expect(Sparkline((0...7).map(Double.init)).text(glyphs: .ascii) == "_.,-=+*#")
    }
}
