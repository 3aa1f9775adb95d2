// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Testing

@Suite("What is written is read back")
struct RoundTripTests {
    @Test("Any service message comes back as it was", arguments: UInt64(1)...40)
    func service(seed: UInt64) throws {
        var generator = Generator(seed: seed)
        for _ in 0..<25 {
            let message = generator.serviceMessage()
            let line = AnyMessage.service(message).encoded()
            try #require(line.last == 0x0A && line.dropLast().allSatisfy { $0 >= 0x20 })
            #expect(try decodeService(line.dropLast()) == message)
        }
    }

    @Test("Any monitor message comes back as it was", arguments: UInt64(1)...20)
    func monitor(seed: UInt64) throws {
        var generator = Generator(seed: seed)
        for _ in 0..<25 {
            let message = generator.monitorMessage()
            #expect(try decodeMonitor(AnyMessage.monitor(message).encoded().dropLast()) == message)
        }
    }

    @Test("Numbers of every length come back", arguments: 0...15)
    func everyLength(digits: Int) throws {
        let power = (0..<digits).reduce(Int64(1)) { power, _ in power * 10 }
        let rows = [power - 1, power, power + 1, 7 * power, WireLimits.maximumInteger - power].map { number in
            var row = CircuitRow(id: max(1, number))
            row[.calls] = number
            row[.lastCall] = -number
            return row
        }
        let message = ServiceMessage.sample(Sample(at: Golden.instant, seq: power, rows: rows))
        let line = AnyMessage.service(message).encoded()
        #expect(try decodeService(line.dropLast()) == message)
        for row in rows { #expect(String(decoding: line, as: UTF8.self).contains("[\(row.id),")) }
    }

    @Test("Texts that are too long are cut at a character's boundary, and the line stays within its bound")
    func cutsTexts() throws {
        let endless = String(repeating: "\u{1}✓\"", count: 60_000)
        var circuit = Golden.circuit(override: Golden.forced, trip: Golden.trip)
        circuit.name = endless
        circuit.target = CircuitTarget(service: endless, endpoint: endless)
        circuit.tags = Dictionary(uniqueKeysWithValues: (0..<100).map { ("\($0)" + endless, endless) })
        circuit.override.principal = endless
        circuit.override.claimed = endless
        circuit.override.reason = endless
        circuit.trip?.errors = Array(repeating: TripError(type: endless, message: endless), count: 9)
        let line = AnyMessage.service(.circuit(circuit)).encoded()
        #expect(line.count <= WireLimits.lineBytes + 1)
        guard case .circuit(let read) = try decodeService(line.dropLast()) else {
            Issue.record("not a circuit")
            return
        }
        #expect(endless.utf8.starts(with: read.name.utf8))
        #expect(read.name.utf8.count > 100)
        #expect(read.tags.count == CircuitDescription.maximumTags)
        #expect(read.trip?.errors.count == Trip.maximumErrors)
    }

    @Test("A text that just fits is not cut", arguments: [199, 200, 201])
    func keepsTextsThatFit(length: Int) throws {
        var circuit = Golden.consecutive
        circuit.name = String(repeating: "x", count: length)
        guard case .circuit(let read) = try decodeService(AnyMessage.service(.circuit(circuit)).encoded().dropLast())
        else {
            Issue.record("not a circuit")
            return
        }
        #expect(read.name.count == min(length, ServiceIdentity.maximumNameLength))
    }

    @Test("Numbers beyond 2^53 − 1 are drawn to that bound, negative counts are unknown")
    func drawsToBounds() throws {
        var row = CircuitRow(id: 1)
        row[.calls] = .max
        row[.inFlight] = -1
        row[.stateSince] = .min + 1
        row[.state] = 99
        let sample = Sample(at: TelemetryInstant(t: .min, up: .max), seq: .max, rows: [row])
        guard case .sample(let read) = try decodeService(AnyMessage.service(.sample(sample)).encoded().dropLast())
        else {
            Issue.record("not a sample")
            return
        }
        #expect(read.at.t == -WireLimits.maximumInteger)
        #expect(read.at.up == WireLimits.maximumInteger)
        #expect(read.rows[0][.calls] == WireLimits.maximumInteger)
        #expect(read.rows[0][.inFlight] == nil)
        #expect(read.rows[0][.stateSince] == -WireLimits.maximumInteger)
        #expect(read.rows[0].state == nil)
    }
}
