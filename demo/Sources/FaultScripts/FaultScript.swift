// SPDX-License-Identifier: Apache-2.0

/// What goes wrong when, as data.
///
/// ```json
/// {"loop": 60, "steps": [
///   {"at": 3, "service": "payments", "endpoint": "POST /charge", "fail": 0.9},
///   {"at": 9, "service": "payments", "stall_ms": 700},
///   {"at": 20, "service": "payments", "recover": true}
/// ]}
/// ```
/// A step replaces what came before it for its endpoint, or for every endpoint of its service where it names none. With
/// `loop`, the script starts anew, without faults, after so many seconds.
public struct FaultScript: Sendable, Hashable {
    /// One change of an endpoint's behaviour.
    public struct Step: Sendable, Hashable {
        /// Seconds since the start, or since the loop began.
        public var at: Double
        /// The service that misbehaves.
        public var service: String
        /// The endpoint, such as `POST /charge`; `nil` = all of the service.
        public var endpoint: String?
        /// What it does from then on; `nil` = it is well again.
        public var fault: Fault?
    }

    /// The length of a turn in seconds; `nil` = one turn without end.
    public var loop: Double?
    /// In the order of their times.
    public var steps: [Step]

    /// A service that never fails.
    public static let calm = FaultScript(loop: nil, steps: [])

    /// The longest stall, in milliseconds.
    public static let maximumStall = 60_000
    /// The most steps.
    public static let maximumSteps = 1_000

    /// What an endpoint does so many seconds after the start; `nil` while it is well.
    public func fault(service: String, endpoint: String, at seconds: Double) -> Fault? {
        let moment = loop.map { seconds.truncatingRemainder(dividingBy: $0) } ?? seconds
        let last = steps.last { step in
            step.at <= moment && step.service == service && (step.endpoint == nil || step.endpoint == endpoint)
        }
        return last?.fault
    }
}

/// Why a fault script cannot be used: a sentence that names the step and the value.
public struct FaultScriptError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The sentence.
    public var description: String

    init(_ description: String) { self.description = description }
}
