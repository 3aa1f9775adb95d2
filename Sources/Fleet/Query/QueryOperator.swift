// SPDX-License-Identifier: Apache-2.0

/// A sign or word of the query language that compares or joins.
package struct QueryOperator: Sendable {
    package let text: String
    package let example: String
    /// A line for help, README and man page.
    package let help: String

    /// Every one of them: those that compare a field with a value, then those that join terms.
    package static let all: [QueryOperator] =
        [QueryComparison.equal, .different, .contains, .lacks, .greater, .atLeast, .less, .atMost].map(Self.init)
        + joining

    private init(_ text: String, _ example: String, _ help: String) {
        (self.text, self.example, self.help) = (text, example, help)
    }

    private init(_ comparison: QueryComparison) {
        let (example, help) =
            switch comparison {
            case .equal: ("state=open", "is just that; of a number as far as it was typed: fail=33% is 33 to 33.99")
            case .different: ("env!=prod", "is something else")
            case .contains: ("svc~pay", "has that in it")
            case .lacks: ("circuit!~read", "does not have that in it")
            case .greater: ("fail>20%", "is more")
            case .atLeast: ("calls>=20", "is that or more")
            case .less: ("for<5m", "is less")
            case .atMost: ("left<=10m", "is that or less")
            }
        self.init(comparison.rawValue, example, help)
    }

    private static let joining = [
        QueryOperator("(space)", "open svc~pay", "both hold"),
        QueryOperator("or", "fail>20% or refused>0", "one holds, or both"),
        QueryOperator("not !", "!forced", "does not hold; it binds closest"),
        QueryOperator("( )", "(open or stale) svc~pay", "what is in brackets comes first"),
        QueryOperator("\"…\"", "\"or\" target=\"my service\"", "a word or value as it stands, spaces too"),
    ]
}
