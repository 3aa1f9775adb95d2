// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Conformance

@Suite("The report")
struct ReportTests {
    @Test("It fits 80 columns and lets nothing of a peer through to the terminal")
    func lines() {
        let evil = Line.hello.replacing(
            "orders-1", with: "\\u001b[2J\u{202E}\u{9B}31m" + String(repeating: "x", count: 150))
        let lines =
            Line.picture + [
                #"{"type":"from\u001b[2J","a":NaN,"text":"\#u{1B}]0;x\#u{7}ä\#(String(repeating: "y", count: 400))"}"#
            ]
        let record = Record([(.watch, Script([evil] + lines.dropFirst()))])
        let report = Report(record, target: "unix:/run/" + String(repeating: "long/", count: 30))
        #expect(report.broken > 0)
        for line in report.lines {
            #expect(line.count <= 80)
            #expect(
                line.utf8.allSatisfy { $0 >= 0x20 }
                    && !line.unicodeScalars.contains { $0.value == 0x202E || (0x7F..<0xA0).contains($0.value) })
        }
    }

    @Test("The counts add up, in words and in JSON")
    func counts() throws {
        let report = Report(
            Record([(.watch, Script(Line.picture + [Line.sample(["[1,null,1,9,5,1,0,1,1,0,5,0]"])]))]), target: "x")
        #expect(report.kept + report.broken + report.notTested == Rule.all.count)
        #expect(
            report.lines.last
                == "\(Rule.all.count) rules: \(report.kept) kept, \(report.broken) broken, \(report.notTested) not tested"
        )
        let json = try JSONParser.parse(Array(JSONEncoder().encode(report)))
        #expect(
            json["version"]?.integer == 1 && json["service"]?.string == "orders"
                && json["boot"]?.string == "00c0ffee12345678")
        let rules = try #require(json["rules"]?.array)
        #expect(rules.map { $0["id"]?.string } == Rule.all.map(\.id))
        let sum = try #require(rules.first { $0["id"]?.string == "calls-sum" })
        #expect(
            sum["verdict"]?.string == "broken" && sum["conversation"]?.string == "watch" && sum["line"]?.integer == 7)
    }
}
