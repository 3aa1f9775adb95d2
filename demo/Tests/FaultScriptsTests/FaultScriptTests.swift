// SPDX-License-Identifier: Apache-2.0

import FaultScripts
import Foundation
import Testing

@Suite("Fault scripts")
struct FaultScriptTests {
    private static let services = ["orders", "payments"]

    private func script(_ text: String) throws -> FaultScript {
        try FaultScript(json: Data(text.utf8), services: Self.services)
    }

    private static let example = """
        {"description": "an example", "loop": 60, "steps": [
          {"at": 20, "service": "payments", "recover": true},
          {"at": 3, "service": "payments", "endpoint": "POST /charge", "fail": 0.9},
          {"at": 9, "service": "payments", "stall_ms": 700}
        ]}
        """

    @Test(
        "The last step that names the endpoint, or its whole service, holds",
        arguments: [
            (2.9, "POST /charge", nil),
            (3, "POST /charge", Fault(failRatio: 0.9)),
            (3, "POST /refund", nil),
            (9, "POST /charge", Fault(stall: 700)),
            (9, "POST /refund", Fault(stall: 700)),
            (20, "POST /charge", nil),
            (62.9, "POST /charge", nil),
            (63, "POST /charge", Fault(failRatio: 0.9)),
            (6_009, "POST /refund", Fault(stall: 700)),
        ] as [(Double, String, Fault?)])
    func schedule(at seconds: Double, endpoint: String, fault: Fault?) throws {
        let script = try script(Self.example)
        #expect(script.fault(service: "payments", endpoint: endpoint, at: seconds) == fault)
        #expect(script.fault(service: "orders", endpoint: endpoint, at: seconds) == nil)
    }

    @Test("Of two steps at the same moment the later in the file wins; without a loop the last holds for ever")
    func ties() throws {
        let script = try script(
            """
            {"steps": [{"at": 1, "service": "orders", "fail": 1}, {"at": 1, "service": "orders", "stall_ms": 5}]}
            """)
        #expect(script.fault(service: "orders", endpoint: "GET /", at: 1_000_000) == Fault(stall: 5))
        #expect(FaultScript.calm.fault(service: "orders", endpoint: "GET /", at: 1) == nil)
    }

    @Test(
        "What is wrong is named with its place",
        arguments: [
            ("", "not a JSON object"),
            ("[]", "the script: "),
            ("{}", "the script: \"steps\" is missing"),
            (#"{"steps": [], "lop": 3}"#, "the script: unknown key \"lop\""),
            (#"{"steps": [{"service": "orders", "fail": 1}]}"#, "steps, step 1: \"at\" is missing"),
            (#"{"steps": [{"at": 1, "service": "order", "fail": 1}]}"#, "step 1: there is no service \"order\""),
            (#"{"steps": [{"at": 1, "service": "orders"}]}"#, "step 1: needs fail"),
            (#"{"steps": [{"at": 1, "service": "orders", "fail": 1.1}]}"#, "step 1: fail must lie within 0…1 (is 1.1)"),
            (
                #"{"steps": [{"at": -1, "service": "orders", "fail": 1}]}"#,
                "step 1: at must lie within 0…86400 s (is -1.0)"
            ),
            (#"{"steps": [{"at": 1, "service": "orders", "stall_ms": 60001}]}"#, "step 1: stall_ms must lie within"),
            (#"{"steps": [{"at": 1, "service": "orders", "stall": 1}]}"#, "step 1: unknown key \"stall\""),
            (#"{"steps": [{"at": 1, "service": "orders", "fail": 1, "recover": true}]}"#, "step 1: recover excludes"),
            (#"{"loop": 0, "steps": []}"#, "loop must lie within"),
            (
                #"{"loop": 5, "steps": [{"at": 5, "service": "orders", "fail": 1}]}"#,
                "the step at 5.0 s is never reached"
            ),
            (#"{"steps": [{"at": "1", "service": "orders", "fail": 1}]}"#, "steps, step 1, at: "),
        ])
    func mistakes(_ text: String, message: String) {
        let error = #expect(throws: FaultScriptError.self) { try script(text) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "no error")")
    }

    @Test("The scripts that come with the demo can be read")
    func shipped() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../faults").standardized
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
        #expect(files.contains { $0.lastPathComponent == "tour.json" })
        for file in files {
            let services = ["gateway", "orders", "payments", "inventory", "shipping"]
            #expect(throws: Never.self, "\(file.lastPathComponent)") {
                try FaultScript(json: Data(contentsOf: file), services: services)
            }
        }
    }
}
