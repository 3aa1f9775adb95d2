// SPDX-License-Identifier: Apache-2.0

import Fleet

/// A list of targets: Prometheus' `file_sd` JSON, such as `[{"targets": ["10.0.0.7:7411"], "labels": {"team": "shop"}}]`.
///
/// A target may also be written as `unix:…`, `tcp:…` or `tls:…`. Of a plain `HOST:PORT` the label `__scheme__` decides,
/// `tls` (or `https`) or `tcp` (or `http`), then the label `tls`, `true` or `false`; without both it is TCP on this
/// machine and TLS anywhere else. Labels whose names begin with `__` are not kept.
struct TargetFile: Sendable {
    /// Why a file is no list, or one of its targets no target, with its line.
    struct Failure: Error, Sendable, Hashable {
        var line: Int
        var reason: String
    }

    /// The largest file, in bytes.
    static let maximumSize = 4 << 20
    /// The most targets of a file; further ones are left out.
    static let maximumCount = 10_000
    /// The most labels of a target; further ones, by name, are left out.
    static let maximumLabels = 32
    /// The most targets that cannot be followed and are told of one by one.
    static let maximumFailures = 5
    /// The longest name or value of a label, in characters; longer ones are cut.
    static let maximumLabelLength = 200

    /// The places in the order of the file, each once.
    private(set) var places: [Place] = []
    /// The first targets that cannot be followed, while the others can.
    private(set) var failures: [Failure] = []
    /// How many such there are in all.
    private(set) var failureCount = 0
    private var known: Set<SourceID> = []

    /// - Throws: when the file as a whole is no list.
    init(_ bytes: [UInt8]) throws(Failure) {
        var parser = TargetFileParser(bytes)
        for group in try parser.groups() {
            for target in group.targets { add(target, group.labels) }
        }
    }

    private mutating func add(_ target: TargetFileParser.Text, _ labels: [String: String]) {
        do throws(TargetError) {
            guard places.count < Self.maximumCount else {
                throw TargetError("there are more than \(Self.maximumCount) targets")
            }
            let place = try Self.place(target.text, labels)
            if known.insert(place.source).inserted { places.append(place) }
        } catch {
            if failures.count < Self.maximumFailures {
                failures.append(Failure(line: target.line, reason: error.description))
            }
            failureCount += 1
        }
    }

    private static func place(_ text: String, _ labels: [String: String]) throws(TargetError) -> Place {
        let kept = self.kept(labels)
        guard ["unix:", "tcp:", "tls:"].contains(where: text.hasPrefix) else {
            let place = try HostAndPort(parsing: text)
            let isSecured = try isSecured(labels) ?? !(place.host == "localhost" || IPAddress.isLoopback(place.host))
            return Place(isSecured ? place : try Target.local(place), isSecured: isSecured, labels: kept)
        }
        switch try Target(parsing: text) {
        case .unix(let path): return Place(path: path, isNamed: true, file: nil, labels: kept)
        case .tcp(let place): return Place(place, isSecured: false, labels: kept)
        case .tls(let place): return Place(place, isSecured: true, labels: kept)
        case .folder, .file, .service: throw TargetError("“\(text.shown)” is not unix:, tcp: or tls:")
        }
    }

    private static func isSecured(_ labels: [String: String]) throws(TargetError) -> Bool? {
        switch labels["__scheme__"] {
        case nil: break
        case "tls", "https": return true
        case "tcp", "http": return false
        case let scheme?: throw TargetError("the label __scheme__ is “\(scheme.shown)”; it must be tls or tcp")
        }
        switch labels["tls"] {
        case nil: return nil
        case "true": return true
        case "false": return false
        case let word?: throw TargetError("the label tls is “\(word.shown)”; it must be true or false")
        }
    }

    private static func kept(_ labels: [String: String]) -> [String: String] {
        let chosen = labels.keys.filter { !$0.hasPrefix("__") }.sorted().prefix(maximumLabels)
        let cut = chosen.map { name in
            (String(name.prefix(maximumLabelLength)), String((labels[name] ?? "").prefix(maximumLabelLength)))
        }
        return Dictionary(cut, uniquingKeysWith: { first, _ in first })
    }
}
