// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@Suite("Values")
struct ValueTests {
    @Test("A moment on the monotonic clock is told on the wall clock")
    func wallClock() {
        let now = TelemetryInstant(t: 1_000_000, up: 5_000)
        #expect(now.wallClock(ofUp: 5_000) == 1_000_000)
        #expect(now.wallClock(ofUp: 3_000) == 998_000)
        #expect(now.wallClock(ofUp: 9_000) == 1_004_000)
        #expect(now.wallClock(ofUp: -1_000) == 994_000)
    }

    @Test("Moments at the ends of the scale never trap; without an answer the wall clock's own reading stands")
    func extremes() {
        let ends: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max]
        for t in ends {
            for up in ends {
                for other in ends {
                    let moment = TelemetryInstant(t: t, up: up).wallClock(ofUp: other)
                    let (age, isTooFar) = up.subtractingReportingOverflow(other)
                    let isBeyond = !isTooFar && t.subtractingReportingOverflow(age).overflow
                    #expect(moment == (isTooFar || isBeyond ? t : t - age))
                }
            }
        }
        #expect(TelemetryInstant(t: 5, up: .max).wallClock(ofUp: .min) == 5)
        #expect(TelemetryInstant(t: .min, up: 1).wallClock(ofUp: 0) == .min)
    }

    @Test("A boot is 16 hexadecimal digits, and new each time")
    func boots() {
        let boots = (0..<200).map { _ in ServiceIdentity.randomBoot() }
        #expect(boots.allSatisfy { $0.utf8.count == 16 && $0.allSatisfy(\.isHexDigit) })
        #expect(Set(boots).count == boots.count)
    }

    @Test("An error's text is cut to what may leave a service")
    func errorText() {
        let long = String(repeating: "é", count: 300)
        #expect(TripError(type: "E", message: long).message == String(long.prefix(TripError.maximumMessageLength)))
        #expect(TripError(type: "E", message: "short").message == "short")
    }

    @Test("A refusal reads as a sentence with its code")
    func refusal() {
        #expect(
            CommandError(.readOnly, "this service takes no commands").description
                == "this service takes no commands (read_only)")
    }
}
