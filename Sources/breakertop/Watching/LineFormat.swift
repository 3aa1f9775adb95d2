// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Dashboard
import Glibc

/// How a line of `watch` is written.
struct LineFormat: Sendable {
    var isJSON: Bool
    var isLocal: Bool

    /// The line, its line feed included.
    func bytes(of line: WatchLine) -> [UInt8] {
        // Values that no JSON can be made of do not occur: all are texts, integers and finite ratios.
        let text = isJSON ? (try? JSONText.encode(line)) ?? "{}" : Output.clean(line.text(clock: clock))
        return Array("\(text)\n".utf8)
    }

    /// The time of day and its zone.
    private func clock(_ t: Milliseconds) -> String {
        guard isLocal else { return "\(Format.clock(t)) UTC" }
        var time = time_t(t / 1_000)
        var parts = tm()
        localtime_r(&time, &parts)
        let digits = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { $0 < 10 ? "0\($0)" : "\($0)" }
        let zone = parts.tm_zone.map { String(cString: $0) } ?? "local"
        return "\(digits.joined(separator: ":")) \(zone)"
    }
}
