// SPDX-License-Identifier: Apache-2.0

import Canvas
package import Fleet

/// How the table is arranged: what an operator chooses once and wants to find again.
package struct TableArrangement: Sendable, Hashable {
    /// By ``Column/id``, from left to right; the circuit's name is always among them.
    package private(set) var columns = Column.standard
    package private(set) var sortColumn = Column.all[0].id
    package private(set) var isReversed = false
    package private(set) var grouping = Grouping.none

    package init() {}

    fileprivate init(_ table: TableState) {
        (columns, sortColumn) = (table.columns, table.sortColumn)
        (isReversed, grouping) = (table.isReversed, table.grouping)
    }

    /// What is wrong with a setting; a sentence.
    package struct Complaint: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// This one with what was changed from one to another.
    package func taking(changesFrom before: Self, to after: Self) -> Self {
        var taken = self
        if after.columns != before.columns { taken.columns = after.columns }
        if (after.sortColumn, after.isReversed) != (before.sortColumn, before.isReversed) {
            (taken.sortColumn, taken.isReversed) = (after.sortColumn, after.isReversed)
        }
        if after.grouping != before.grouping { taken.grouping = after.grouping }
        return taken
    }

    // MARK: - Setting by words

    package mutating func set(columns text: String) throws(Complaint) { columns = try Self.columns(text) }

    /// - Parameter text: a column, and perhaps `,reversed` behind it.
    package mutating func set(sort text: String) throws(Complaint) {
        let words = text.lowercased().split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        sortColumn = try Self.column(words.first ?? "").id
        isReversed = words.count > 1
        guard words.count <= 2, words.dropFirst().allSatisfy({ $0 == "reversed" }) else {
            throw Complaint(
                description: "“\(Self.shown(text))” is no order: there are \(sortColumn) and \(sortColumn),reversed")
        }
    }

    package mutating func set(group text: String) throws(Complaint) { grouping = try Self.grouping(text) }

    /// The columns that are named, each once, the circuit's name among them.
    static func columns(_ text: String) throws(Complaint) -> [String] {
        var ids: [String] = []
        for word in text.split(whereSeparator: { $0 == "," || $0 == " " }).prefix(2 * Column.all.count) {
            let id = try column(String(word)).id
            if !ids.contains(id) { ids.append(id) }
        }
        guard !ids.isEmpty else { throw Complaint(description: "no column is named") }
        return ids.contains(Column.name) ? ids : [Column.name] + ids
    }

    static func column(_ word: String) throws(Complaint) -> Column {
        guard let column = Column.named(word.lowercased()) else {
            throw unknown("column", word, among: Column.all.map(\.id))
        }
        return column
    }

    static func grouping(_ word: String) throws(Complaint) -> Grouping {
        guard let grouping = Grouping(rawValue: word.lowercased()) else {
            throw unknown("kind of group", word, among: Grouping.allCases.map(\.rawValue))
        }
        return grouping
    }

    private static func unknown(_ kind: String, _ word: String, among all: [String]) -> Complaint {
        let nearest = NearestWord.find(String(word.prefix(40)), among: all).map { "did you mean \($0)?" }
        return Complaint(
            description: "there is no \(kind) “\(shown(word))”; \(nearest ?? all.joined(separator: ", "))")
    }

    private static func shown(_ text: String) -> String { String(text.prefix(100)).sanitizedForDisplay(maxColumns: 30) }

    // MARK: - As a file

    /// The most bytes that a file of it may have.
    package static let maximumBytes = 4_096

    /// A line for each setting.
    package var text: String {
        """
        columns \(columns.joined(separator: ","))
        sort \(sortColumn)\(isReversed ? ",reversed" : "")
        group \(grouping.rawValue)

        """
    }

    /// Reads what ``text`` gives; what is not said stays as at first.
    ///
    /// - Throws: ``Complaint``, which names the line.
    package init(text: String) throws(Complaint) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw Complaint(description: "it has more than \(Self.maximumBytes) bytes")
        }
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard let name = words.first else { continue }
            do throws(Complaint) {
                let value = words.count > 1 ? words[1] : ""
                switch name {
                case "columns": try set(columns: value)
                case "sort": try set(sort: value)
                case "group": try set(group: value)
                default: throw Self.unknown("setting", name, among: ["columns", "sort", "group"])
                }
            } catch {
                throw Complaint(description: "line \(index + 1): \(error)")
            }
        }
    }
}

extension TableState {
    package var arrangement: TableArrangement {
        get { TableArrangement(self) }
        set {
            (columns, sortColumn) = (newValue.columns, newValue.sortColumn)
            (isReversed, grouping) = (newValue.isReversed, newValue.grouping)
        }
    }
}
