// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dashboard
import Fleet

/// How the dashboard's table begins, whatever it was like when the last one ended.
struct ArrangementOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Begin with these columns, from left to right: \(Column.all.map(\.id).joined(separator: ", ")).",
            valueName: "a,b,c"),
        completion: WordListCompletion.kind(Column.all.map(\.id)))
    var columns: String?

    @Option(
        help: ArgumentHelp(
            "Begin ordered by this column; with ,reversed behind it, the other way round.", valueName: "column"),
        completion: .list(Column.all.map(\.id)))
    var sort: String?

    @Option(
        help: ArgumentHelp(
            "Begin with circuits gathered by \(Grouping.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "kind"),
        completion: .list(Grouping.allCases.map(\.rawValue)))
    var group: String?

    @Option(help: ArgumentHelp("Begin with this filter, as the key / takes it.", valueName: "text"))
    var filter: String?

    func validate() throws {
        do {
            var arrangement = TableArrangement()
            try apply(to: &arrangement)
        } catch {
            throw ValidationError(Output.clean(error.description))
        }
        do {
            _ = try CircuitQuery(filter ?? "")
        } catch {
            throw ValidationError(Output.clean("--filter: \(error.description)"))
        }
    }

    func apply(to arrangement: inout TableArrangement) throws(TableArrangement.Complaint) {
        if let columns { try arrangement.set(columns: columns) }
        if let sort { try arrangement.set(sort: sort) }
        if let group { try arrangement.set(group: group) }
    }

    /// What `validate` let through.
    var query: CircuitQuery { (try? CircuitQuery(filter ?? "")) ?? CircuitQuery() }
}
