// SPDX-License-Identifier: Apache-2.0

/// Who a publishing process is.
///
/// `service` and `instance` stay the same over restarts; `boot` is new with each process start, and only a new boot resets counters.
public struct ServiceIdentity: Sendable, Hashable {
    /// The service's name, such as `orders`. At most ``maximumNameLength`` characters.
    public var service: String
    /// This instance's stable name among the service's instances, such as `orders-2`.
    public var instance: String
    /// 16 hexadecimal digits drawn at random when the process started.
    public var boot: String
    /// The environment, such as `prod-eu`; empty when nobody said.
    public var environment: String
    /// The service's own version; empty when nobody said.
    public var version: String
    /// The process id on `host`.
    public var pid: Int64
    /// The machine's name.
    public var host: String
    /// When the process started, in milliseconds since 1970.
    public var started: Milliseconds
    /// Whether an override that is set now is still there after a restart, as far as one can see; `nil` when nobody said.
    /// It may change while the process runs: a publisher says to each monitor that connects what holds then.
    public var keepsOverrides: Bool?

    /// The longest service, instance or circuit name, in UTF-8 bytes.
    public static let maximumNameLength = 200

    /// Creates an identity from its parts; a new random `boot` unless one is given.
    public init(
        service: String,
        instance: String,
        boot: String = ServiceIdentity.randomBoot(),
        environment: String = "",
        version: String = "",
        pid: Int64 = 0,
        host: String = "",
        started: Milliseconds = 0,
        keepsOverrides: Bool? = nil
    ) {
        self.service = service
        self.instance = instance
        self.boot = boot
        self.environment = environment
        self.version = version
        self.pid = pid
        self.host = host
        self.started = started
        self.keepsOverrides = keepsOverrides
    }

    /// 64 random bits as 16 hexadecimal digits.
    public static func randomBoot() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
