// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Dashboard
import Fleet

/// A table of a report, in whatever form that is.
package struct ReportTable: Sendable {
    package var title: String
    package var columns: [String]
    package var rows: [[Sentence]]
    /// What to say where there are no rows.
    package var empty: String
    /// Rows that were not kept.
    package var more = 0

    /// The most rows that are written out.
    static let maximumRows = 200

    fileprivate init(_ title: String, _ columns: [String], _ rows: [[Sentence]], of count: Int, empty: String) {
        (self.title, self.columns, self.empty) = (title, columns, empty)
        self.rows = Array(rows.prefix(Self.maximumRows))
        more = max(count, rows.count) - self.rows.count
    }
}

extension PostMortem {
    /// All tables, in the order in which they are read.
    package var tables: [ReportTable] { [trips, deeds, missed, fleet] }

    private var trips: ReportTable {
        ReportTable(
            "Trips", ["Opened", "Circuit", "Why", "Last errors", "Outage"],
            outages.map { outage in
                let before = outage.began < span.lowerBound ? ", before it begins" : ""
                return [
                    .words(clock.text(outage.began) + before), Self.name(outage.key), outage.why, outage.errors,
                    outage.outcome(clock),
                ]
            }, of: outageCount, empty: "No circuit opened.")
    }

    private var deeds: ReportTable {
        ReportTable(
            "Operators", ["When", "Who", "Verified as", "What", "Circuit", "Reason", "Result", "How it ended"],
            actions.enumerated().map { number, action in
                let before = action.at < span.lowerBound ? ", before it begins" : ""
                return [
                    "\(strong: "\(number + 1)") \(words: clock.text(action.at) + before)",
                    action.claimed.isEmpty ? "" : .foreign(action.claimed),
                    action.principal.isEmpty ? "nobody" : .foreign(action.principal), action.deed,
                    Self.name(action.key), action.reason.isEmpty ? "" : .foreign(action.reason), action.result,
                    action.outcome(clock),
                ]
            }, of: actionCount, empty: "No operator acted.")
    }

    private var missed: ReportTable {
        ReportTable(
            "What was not seen", ["When", "Where", "What"],
            losses.map { loss in
                let place = [loss.place.map(Self.name) ?? "", loss.circuit.map(Sentence.foreign) ?? ""].joined(by: " ")
                return [.words(clock.text(loss.at)), place, loss.words(clock)]
            }, of: lossCount, empty: "Nothing is known to be missing.")
    }

    private var fleet: ReportTable {
        func list(_ texts: Set<String>) -> Sentence {
            let shown = texts.sorted().prefix(8).map(Sentence.foreign).joined(by: ", ")
            return texts.count > 8 ? "\(shown) and \(texts.count - 8) more" : shown
        }
        return ReportTable(
            "Services", ["Service", "Instances", "Environment", "Version"],
            services.map { service in
                [.foreign(service.name), list(service.instances), list(service.environments), list(service.versions)]
            }, of: services.count, empty: "No service was heard.")
    }

    /// What the report is about, a line each.
    package var head: [(name: String, value: Sentence)] {
        let whole = CivilSpan(recorded)
        let part = recorded == span ? "" : ", of which this is about \(CivilSpan(span).text)"
        var lines: [(name: String, value: Sentence)] = [
            ("Recording", "\(foreign: file), by \(foreign: program)"),
            ("Time", "\(words: whole.text + part)"),
            ("Length", .words(TimeSpan.precise(span.upperBound.saturatingDifference(span.lowerBound)))),
            (
                "Seen",
                "\(words: circuits.of("circuit")) of \(words: services.count.of("service")),"
                    + " \(words: services.reduce(0) { $0 + $1.instances.count }.of("instance"))"
            ),
        ]
        if isRedacted { lines.append(("Redacted", "names and errors were taken out when it was recorded")) }
        if !isEnded { lines.append(("End", "it was not ended in order, and tells what there was up to then")) }
        return lines
    }
}
