// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// The text of a state file: JSON that says what it is, a line for each override.
///
/// ```json
/// {"format":"breakertop-overrides","version":1,"service":"orders","overrides":[
/// {"circuit":"payment.charge","mode":"forced_open","rev":3,"principal":"uid 1000 (ann)","claimed":"ann","reason":"INC-42","since":1767225600000,"until":null}
/// ]}
/// ```
enum OverrideDocument {
    static let format = "breakertop-overrides"
    static let version: Int64 = 1
    static let maximumOverrides = 10_000
    static let maximumBytes = 16 << 20

    /// Whether a file that may be broken is, by its beginning, one of these: only those are ever moved.
    static func isRecognized(in bytes: [UInt8]) -> Bool {
        String(decoding: bytes.prefix(200), as: UTF8.self).contains(format)
    }

    // MARK: Writing

    /// - Throws: When a file that ``decode(_:of:)`` would take cannot hold them.
    static func encode(
        _ overrides: [String: StoredOverride], of service: String
    ) throws(OverrideFileError) -> [UInt8] {
        guard overrides.count <= maximumOverrides else {
            throw OverrideFileError(
                .system, "there are \(overrides.count) overrides, and at most \(maximumOverrides) are kept")
        }
        let head = "{\"format\":\"\(format)\",\"version\":\(version),\"service\":\(JSONValue.quoted(service)),"
        let lines = overrides.sorted { $0.key < $1.key }.map { line($0.key, $0.value) }
        let text = head + "\"overrides\":[\n" + lines.joined(separator: ",\n") + "\n]}\n"
        guard text.utf8.count <= maximumBytes else {
            throw OverrideFileError(
                .system, "the overrides take \(text.utf8.count) bytes, and at most \(maximumBytes) are kept")
        }
        return Array(text.utf8)
    }

    private static func line(_ name: String, _ override: StoredOverride) -> String {
        let texts = [
            ("circuit", name), ("mode", override.mode.rawValue), ("principal", override.principal),
            ("claimed", override.claimed), ("reason", override.reason),
        ]
        let until = override.until.map(String.init) ?? "null"
        return "{" + texts.map { "\"\($0)\":\(JSONValue.quoted($1))" }.joined(separator: ",")
            + ",\"rev\":\(override.revision),\"since\":\(override.since),\"until\":\(until)}"
    }

    // MARK: Reading

    /// The overrides of a text by the name of their circuit. Fields that this version does not know are passed over.
    ///
    /// - Throws: ``OverrideFileError/Code/notOurs`` for another format or service, ``OverrideFileError/Code/unusable``
    ///   for the rest; whole, since half of a list would look like all of it.
    static func decode(_ bytes: [UInt8], of service: String) throws(OverrideFileError) -> [String: StoredOverride] {
        let root: JSONValue
        do throws(JSONValue.Malformed) {
            root = try JSONValue(bytes)
        } catch {
            throw OverrideFileError(.unusable, "it is broken: \(error.message), at byte \(error.offset)")
        }
        guard root["format"]?.text == format else {
            throw OverrideFileError(.notOurs, "its format is not \(format)")
        }
        guard let version = root["version"]?.number, version >= 1 else {
            throw OverrideFileError(.unusable, "it has no version")
        }
        guard version == Self.version else {
            throw OverrideFileError(.unusable, "its version is \(version), and this program knows \(Self.version)")
        }
        guard let owner = root["service"]?.text, owner == service else {
            let owner = root["service"]?.text.map { String(reflecting: String($0.prefix(40))) } ?? "nobody"
            throw OverrideFileError(.notOurs, "it belongs to \(owner), not to \(String(reflecting: service))")
        }
        guard let list = root["overrides"]?.list else { throw OverrideFileError(.unusable, "it has no overrides") }
        guard list.count <= maximumOverrides else {
            throw OverrideFileError(.unusable, "it has \(list.count) overrides; at most \(maximumOverrides) are read")
        }
        return try overrides(list)
    }

    private static func overrides(_ list: [JSONValue]) throws(OverrideFileError) -> [String: StoredOverride] {
        var overrides: [String: StoredOverride] = [:]
        for (index, value) in list.enumerated() {
            guard let (name, override) = entry(value) else {
                throw OverrideFileError(.unusable, "a field of override \(index + 1) is missing or out of range")
            }
            guard overrides.updateValue(override, forKey: name) == nil else {
                throw OverrideFileError(.unusable, "override \(index + 1) is of a circuit that stands there twice")
            }
        }
        return overrides
    }

    private static func entry(_ value: JSONValue) -> (String, StoredOverride)? {
        guard let name = value["circuit"]?.text, (1...ServiceIdentity.maximumNameLength).contains(name.utf8.count),
            let mode = value["mode"]?.text.flatMap(OverrideMode.init(rawValue:)), mode != .none,
            let revision = instant(value["rev"]), let since = instant(value["since"]),
            let principal = text(value["principal"]), let claimed = text(value["claimed"]),
            let reason = text(value["reason"]), let end = value["until"]
        else { return nil }
        let until = instant(end)
        // A missing end must not mean forever.
        guard end == .null || until.map({ $0 >= since }) == true else { return nil }
        return (
            name,
            StoredOverride(
                mode: mode, revision: revision, principal: principal, claimed: claimed, reason: reason, since: since,
                until: until)
        )
    }

    private static func instant(_ value: JSONValue?) -> Int64? {
        value?.number.flatMap { StoredOverride.range.contains($0) ? $0 : nil }
    }

    private static func text(_ value: JSONValue?) -> String? {
        value?.text.flatMap { $0.utf8.count <= StoredOverride.maximumTextBytes ? $0 : nil }
    }
}
