// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Dashboard

@Suite struct FormatTests {
    @Test(
        "Durations keep one unit and no more digits than they mean",
        arguments: [
            (-5, "0.0 s"), (0, "0.0 s"), (2_449, "2.4 s"), (9_950, "10 s"), (12_400, "12 s"), (99_400, "99 s"),
            (99_500, "2 min"), (720_000, "12 min"), (7_200_000, "2 h"), (518_400_000, "6 d"),
            (Int64.max, "106751991167 d"),
        ])
    func durations(value: Int64, text: String) { #expect(Format.duration(value) == text) }

    @Test(
        "Rates",
        arguments: [(0, "0.0"), (1.24, "1.2"), (42, "42.0"), (118.4, "118"), (4_200, "4200"), (12_345, "12.3k")])
    func rates(value: Double, text: String) { #expect(Format.rate(value) == text) }

    @Test(
        "Counts have separators", arguments: [(0, "0"), (999, "999"), (1_056, "1,056"), (-12_345_678, "-12,345,678")])
    func counts(value: Int64, text: String) { #expect(Format.count(value) == text) }

    @Test("Clocks are UTC", arguments: [(0, "00:00:00"), (1_763_726_621_000, "12:03:41"), (-1_000, "23:59:59")])
    func clocks(value: Int64, text: String) { #expect(Format.clock(value) == text) }

    @Test(
        "Count-downs",
        arguments: [
            (0, "0:00"), (1, "0:01"), (552_000, "9:12"), (7_500_000, "2 h 05"), (Int64.max, "2562047788015 h 12"),
        ])
    func countdowns(value: Int64, text: String) { #expect(Format.countdown(value) == text) }

    @Test("Latencies", arguments: [(-1, "0.0 ms"), (840, "0.8 ms"), (12_400, "12 ms"), (1_240_000, "1.2 s")])
    func latencies(value: Int64, text: String) { #expect(Format.latency(microseconds: value) == text) }
}
