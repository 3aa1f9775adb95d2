// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Testing

@testable import Recording

@Suite("Times of a recording, as they are typed")
struct RecordedTimeTests {
    /// 2026-11-22 23:50:30.500 to half an hour later.
    private let start: Milliseconds = 1_795_391_430_500
    private var end: Milliseconds { start + 1_800_000 }

    private func moment(_ text: String) -> Milliseconds? {
        (try? RecordedTime(text)).flatMap { try? $0.moment(from: start, to: end) }.map { $0 - start }
    }

    @Test("Each way to say a moment is understood")
    func understood() {
        #expect(moment("23:51") == 29_500 && moment("23:51:00.250") == 29_750 && moment("0:10") == 1_169_500)
        #expect(moment("2026-11-23T00:10:00Z") == 1_169_500 && moment("2026-11-23 01:10:00+01:00") == 1_169_500)
        #expect(moment("2026-11-22t23:51:00.2z") == 29_700 && moment("2026-11-22 19:51:00-04:00") == 29_500)
        #expect(moment("+90s") == 90_000 && moment("-5m") == 1_500_000 && moment("+ 10 min") == 600_000)
    }

    @Test("The beginning, typed as it is shown, is the beginning")
    func beginning() {
        #expect(moment("23:50") == 0 && moment("23:50:30") == 0 && moment("2026-11-22T23:50:30Z") == 0)
        #expect(moment("23:50:29") == nil && moment("23:49") == nil)
    }

    @Test(
        "What is no time, or none of the recording, is refused in words",
        arguments: [
            "", "soon", "25:00", "12:60", "12:3", "+", "-x", "90s", "2026-02-30T12:00:00Z", "2026-13-01T12:00:00Z",
            "12:00:00.", "１２:00", "2026-11-22T23:51:00+99:00", "+31m", "-31m", "+99999999999999999999s",
        ])
    func refused(text: String) {
        #expect(moment(text) == nil)
        #expect(throws: RecordedTime.Failure.self) { try RecordedTime(text).moment(from: start, to: end) }
    }

    @Test("Days are those of the calendar, for some thousands of years")
    func calendar() {
        #expect(CivilTime(0).stamp == "1970-01-01T00:00:00.000Z")
        #expect(CivilTime(951_782_400_000).date == "2000-02-29" && CivilTime(-1).stamp == "1969-12-31T23:59:59.999Z")
        #expect(CivilTime(start).stamp == "2026-11-22T23:50:30.500Z")
        for day in stride(from: -800_000 as Int64, through: 1_600_000, by: 1_237) {
            let time = CivilTime(day * CivilTime.day + 5)
            #expect(time.t == day * CivilTime.day + 5)
        }
        #expect(CivilTime(year: 2026, month: 2, day: 29, time: 0) == nil)
        _ = (CivilTime(.min), CivilTime(.max))
    }
}
