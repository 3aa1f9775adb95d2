// SPDX-License-Identifier: Apache-2.0

/// Where a cascade of failures likely began, judged by what failed first and not by what lies deepest.
///
/// A failing edge A→B *may follow* from the edges out of B that failed no later. Within ``Onset/tolerance`` both orders
/// are possible; then the deeper one is preferred. Where no other failure explains it, one out of B that is over by now
/// may if it went on as A→B began to fail, or else a force that was laid over an edge out of B not long before. An edge
/// that fails clearly after one above it which nothing explains may be a consequence of that one: callers that retry
/// overload what lies behind. What nothing explains is a root, unless a fact is missing where it would decide: then it is
/// unknown, and the reason says which.
///
/// Circuits tell which service is called, not which of its own calls that one makes for it. A→B *follows* only from one
/// edge that did not begin later, and that is the only call out of B or is named by the errors of A→B. What a fallback
/// answered for explains nothing by itself: then it is unknown.
package struct CascadeAnalysis: Sendable {
    /// A place where failures began, or where it cannot be told.
    package struct Finding: Sendable {
        /// The most telling first.
        package enum Verdict: Int, Sendable, Hashable {
            /// It failed by itself, as far as can be seen.
            case root
            /// Where it began cannot be told.
            case unknown
            /// It began others' failures and is over by now.
            case over
            /// Somebody wants it so, whether or not anything fails because of it.
            case forced
            /// It failed, explains nothing that fails now, and nobody calls it any more.
            case idle
        }

        package let verdict: Verdict
        /// Those of a circle, or all roots of one target, or all of these that are forced; at most ``maximumListed``.
        package let edges: [DependencyMap.EdgeKey]
        /// How many there are, listed or not, and from how many callers.
        package let count: Int
        package let callers: Int
        /// A sentence built from facts. It quotes services and operators: make it safe before it is drawn.
        package let reason: String
        /// Whether calls fail there, or did so before a force held them.
        package let hasFailed: Bool
        /// The failing edges that it explains or may explain, the nearest first, at most ``maximumListed``.
        package let explains: [DependencyMap.EdgeKey]
        /// Those of them for which only the names of services speak.
        package let mayExplain: Set<DependencyMap.EdgeKey>

        package static let maximumListed = 200

        /// Whether failures began there, or may have: not where somebody only wants it so.
        package var isBeginning: Bool { verdict != .forced || !explains.isEmpty }
    }

    /// What a failing edge is in the cascade.
    package enum Role: Sendable, Hashable {
        case root
        /// Another edge failed first, or was forced.
        case explained(by: DependencyMap.EdgeKey)
        /// The same, as far as the names of services tell.
        case mayFollow(DependencyMap.EdgeKey)
        case unknown
    }

    /// Each cause that was found, the one that explains most first; independent failures are several.
    package let findings: [Finding]
    /// The role of each failing edge.
    package let roles: [DependencyMap.EdgeKey: Role]

    package init(_ map: DependencyMap) {
        var search = CascadeSearch(map)
        search.run()
        findings = search.findings
        roles = search.roles
    }
}
