// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Testing

@testable import BreakerPublisher

extension Outbox {
    /// What a monitor reads of it.
    var messages: [ServiceMessage] {
        var decoder = ServiceMessageDecoder()
        // Rows are read by the hello's columns.
        var hello = Outbox()
        let identity = ServiceIdentity(service: "s", instance: "1", boot: "00000000000000aa")
        hello.append(.hello(Hello(identity: identity, actions: [])))
        return (hello.bytes + bytes).split(separator: 0x0A).enumerated().compactMap { index, line in
            let message = Array(line).withUnsafeBytes { bytes -> ServiceMessage? in
                do throws(WireError) {
                    return try decoder.decode(bytes)
                } catch {
                    Issue.record("\(error): \(String(decoding: line, as: UTF8.self))")
                    return nil
                }
            }
            return index == 0 ? nil : message
        }
    }
}
