// SPDX-License-Identifier: Apache-2.0

import ResilienceTesting
import Testing

@testable import Resilience

@Suite("Configuration", .timeLimit(.minutes(1)))
struct ConfigurationTests {
    @Test("The defaults are the notes' figures")
    func defaults() {
        let configuration = CircuitBreaker.Configuration()
        #expect(configuration.rule == .failureRatio(0.6, minimumCalls: 5, window: .seconds(10)))
        #expect(configuration.openFor == .seconds(4))
        #expect(configuration.probeLimit == 3)
        #expect(configuration.probeNeed == 3)
    }

    @Test(
        "Durations in words",
        arguments: [
            (Duration.zero, "0 s"), (.milliseconds(1), "1 ms"), (.milliseconds(999), "999 ms"), (.seconds(4), "4 s"),
            (.milliseconds(1_550), "1.5 s"), (.seconds(-1), "-1.0 seconds"), (.microseconds(5), "5e-06 seconds"),
        ])
    func durations(_ duration: Duration, text: String) {
        #expect(duration.brief == text)
    }

    private func message(_ result: ExitTest.Result?) -> String {
        String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }

    @Test("An open time of nothing is named")
    func openFor() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = CircuitBreaker("charge", .init(openFor: .zero))
        }
        #expect(message(result).contains("openFor must be positive (is 0 s)"))
    }

    @Test("A ratio of nothing is named")
    func ratio() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Rule.failureRatio(0)
        }
        #expect(message(result).contains("a failure ratio must lie within 0.001…1 (is 0.0)"))
    }

    @Test("No attempts are named")
    func attempts() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Registry(service: "orders").circuit("charge", retry: .init(attempts: 0))
        }
        #expect(message(result).contains("attempts must lie within 1…100 (is 0)"))
    }

    @Test("An empty name is named")
    func name() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Registry(service: "")
        }
        #expect(message(result).contains("a service's name must not be empty"))
    }
}
