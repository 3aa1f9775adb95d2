// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerTelemetry
import Fleet

/// What can be wrong with a circuit, or with what is known about it, in the words of `--fail-on`.
enum Concern: String, CaseIterable, Sendable, Encodable {
    case open
    case halfOpen = "half_open"
    case forcedOpen = "forced_open"
    case forcedClosed = "forced_closed"
    /// Nothing was heard of it of late, or its service could not be asked: what is known may be old.
    case stale
    /// Its service does not say in which state it is.
    case unknown

    /// As people read it.
    var words: String { rawValue.replacing("_", with: self == .halfOpen ? "-" : " ") }

    /// What is wrong with a circuit; `nil` when it just lets calls pass, or its service stopped while one looked.
    /// - Parameter isFresh: whether its service was heard of late.
    init?(_ circuit: CircuitView, isFresh: Bool) {
        switch circuit.standing {
        case .calculated(.closed), .stopped:
            return nil
        case .calculated(.open): self = .open
        case .calculated(.halfOpen): self = .halfOpen
        case .forced(.forcedClosed, _): self = .forcedClosed
        case .forced: self = .forcedOpen
        case .stale: self = isFresh ? .unknown : .stale
        }
    }
}

/// The concerns that fail a check.
struct ConcernSet: Sendable, Hashable {
    let concerns: Set<Concern>

    /// What a service's users suffer from, and what nobody can tell.
    static let standard = ConcernSet([.open, .forcedOpen, .stale, .unknown])

    init(_ concerns: Set<Concern>) { self.concerns = concerns }

    /// Reads words with commas between them; `forced` means both ways.
    init(_ text: String) throws(ValidationError) {
        var concerns: Set<Concern> = []
        for typed in text.split(separator: ",", omittingEmptySubsequences: false) {
            let word = typed.replacing("-", with: "_")
            if word == "forced" {
                concerns.formUnion([.forcedOpen, .forcedClosed])
            } else if let concern = Concern(rawValue: String(word)) {
                concerns.insert(concern)
            } else if word == "stopped" {
                throw ValidationError(
                    "“\(typed)”: a service that stopped is not there to be looked at; --min-sources says how many must be"
                )
            } else {
                throw ValidationError(
                    "“\(typed.prefix(40))” is nothing that can be wrong; there are \(Self.allWords.joined(separator: ", "))"
                )
            }
        }
        self.concerns = concerns
    }

    /// All words that can be said.
    static let allWords = Concern.allCases.map(\.rawValue) + ["forced"]

    /// Its words, in the order of the table.
    var words: [String] { Concern.allCases.filter(concerns.contains).map(\.rawValue) }
}
