// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Testing

@Suite("Samples")
struct SampleTests {
    @Test(
        "A sample of any size is split into lines within the bound, the last of which ends it",
        arguments: [0, 1, 2, 150, 600, 5_000])
    func splits(count: Int) throws {
        var generator = Generator(seed: UInt64(count))
        let rows = (0..<count).map { generator.row(id: Int64($0) + 1) }
        var bytes: [UInt8] = Array("before\n".utf8)
        MessageEncoder().appendSample(at: Golden.instant, seq: 10, rows: rows, to: &bytes)
        let lines = bytes.split(separator: 0x0A)
        #expect(lines.first.map(Array.init) == Array("before".utf8))
        #expect(lines.allSatisfy { $0.count <= WireLimits.lineBytes })
        let parts = try lines.dropFirst().map { try sample($0) }
        #expect(
            parts.dropLast().allSatisfy { !$0.isEnd && $0.seq == 10 && $0.at == Golden.instant && !$0.rows.isEmpty })
        #expect(parts.last?.isEnd == true)
        #expect(parts.flatMap(\.rows) == rows)
        if count == 5_000 { #expect(parts.count > 5) }
    }

    @Test("Lines are filled: the longest rows leave no room for one more")
    func fillsLines() throws {
        var row = CircuitRow(id: 9_007_199_254_740_991)
        for field in Field.allCases { row[field] = 9_007_199_254_740_991 }
        row.state = .halfOpen
        row.overrideMode = .forcedClosed
        var bytes: [UInt8] = []
        MessageEncoder().appendSample(at: Golden.instant, seq: 1, rows: Array(repeating: row, count: 500), to: &bytes)
        let lines = bytes.split(separator: 0x0A)
        let longest = 700
        #expect(
            lines.dropLast().allSatisfy { (WireLimits.lineBytes - longest...WireLimits.lineBytes).contains($0.count) })
    }

    @Test("Rows written another way are read as the same", arguments: UInt64(1)...10)
    func otherSpelling(seed: UInt64) throws {
        var generator = Generator(seed: seed)
        let rows = (0..<50).map { generator.row(id: Int64($0) + 1) }
        let line = String(
            decoding: AnyMessage.service(.sample(Sample(at: Golden.instant, seq: 1, rows: rows))).encoded(),
            as: UTF8.self)
        let spellings = [
            line.replacing(",", with: " , "), line.replacing("[", with: "[ "), line.replacing("]", with: " ]"),
            line.replacing("open", with: "op\\u0065n"), line.replacing("0,", with: "0.0,"),
            line.replacing("null,", with: "null ,"),
        ]
        for spelling in spellings {
            #expect(spelling != line)
            #expect(try sample(Array(spelling.utf8)).rows == rows)
        }
    }

    /// The quick way knows rows as encoders write them; two spaces lead to the general one.
    @Test(
        "The quick way of reading rows and the general one agree",
        arguments: [
            "0", "7", "10", "1234567", "12345678", "123456789", "100000000", "123456789012345", "999999999999999",
            "1234567890123456", "9007199254740991", "9007199254740992", "12345678901234567", "00", "01", "012345678",
            "0123456789", "1234567800000000", "-0", "-1", "-00", "-", "--1", "-12345678", "-123456789012345",
            "-9007199254740991",
            "null", "nul", "nulL", "nullx", "1x", "12345678x", "123456789012345x", "1.5", "1.0", "1e3", "", "/", ":",
            "\"1\"",
            "\"open\"", "[]", "1]", "1[",
        ])
    func quickAndGeneral(value: String) throws {
        for (name, text) in [("calls_total", value), ("last_call", value), ("state", value), ("novel", value)] {
            let columns = ["id", name, "ok_total"]
            let row = "[1,\(text),3]"
            let head = #"{"type":"sample","t":1,"up_ms":2,"seq":0,"rows":["#
            let filler = ",[2,null,4],[3,null,4],[4,null,5]]}"
            let quick = result(head + row + filler, columns)
            let general = result(head + "[1,  \(text),  3]" + filler, columns)
            switch (quick, general) {
            case (.success(let quick), .success(let general)): #expect(quick == general)
            case (.failure(let quick), .failure(let general)): #expect(quick.code == general.code)
            default: Issue.record("\(name) \(text): \(quick), but \(general)")
            }
        }
    }

    @Test("A space after each comma, as some writers put it, is read as well", arguments: UInt64(1)...5)
    func spaced(seed: UInt64) throws {
        var generator = Generator(seed: seed)
        let rows = (0..<50).map { generator.row(id: Int64($0) + 1) }
        let line = AnyMessage.service(.sample(Sample(at: Golden.instant, seq: 1, rows: rows))).encoded()
        let spaced = line.flatMap { $0 == UInt8(ascii: ",") && Bool.random(using: &generator) ? [$0, 0x20] : [$0] }
        #expect(try sample(spaced).rows == rows)
        let evenly = line.flatMap { $0 == UInt8(ascii: ",") ? [$0, 0x20] : [$0] }
        #expect(try sample(evenly).rows == rows)
        let other = #"{"type":"sample","t":1,"up_ms":2,"seq":0,"rows":[[1,x7,x3],[2,7,3],[3,7,3],[4,7,3]]}"#
        let columns = ["id", "calls_total", "ok_total"]
        #expect(throws: WireError.self) { try sample(Array(other.utf8), columns: columns) }
    }

    @Test("The room of earlier rows is taken, and nothing of them is left")
    func reusesRoom() throws {
        var generator = Generator(seed: 1)
        var decoder = ServiceMessageDecoder()
        _ = try decoder.decode(copying: try Golden.bytes("hello").dropLast())
        var rows = (0..<100).map { generator.row(id: Int64($0) + 1) }
        let place = rows.withUnsafeBufferPointer { $0.baseAddress }
        let line = try Golden.bytes("sample").dropLast()
        let message = try line.withUnsafeBytes { bytes throws(WireError) in try decoder.decode(bytes, reusing: &rows) }
        guard case .sample(let sample) = message else {
            Issue.record("not a sample")
            return
        }
        #expect(AnyMessage.service(message) == (try Golden.message("sample")))
        #expect(sample.rows.withUnsafeBufferPointer { $0.baseAddress } == place)
        #expect(rows.isEmpty)
    }

    @Test("A line can say that more of its sample follows")
    func moreFollows() throws {
        var bytes: [UInt8] = []
        MessageEncoder().appendSample(at: Golden.instant, seq: 1, rows: [Golden.row], isEnd: false, to: &bytes)
        #expect(try sample(bytes.dropLast()).isEnd == false)
    }

    @Test("Columns may come in any order, with unknown ones among them")
    func otherColumns() throws {
        let line = #"{"type":"sample","t":1,"up_ms":2,"seq":0,"rows":[[{"a":[1,"]"]},7,"x",12,"open"]],"end":true}"#
        let columns = ["novel", "calls_total", "also_novel", "id", "state"]
        let read = try sample(Array(line.utf8), columns: columns)
        var expected = CircuitRow(id: 12)
        expected[.calls] = 7
        expected.state = .open
        #expect(read.rows == [expected])
    }

    @Test("Keys may come in any order, spaced and escaped, with unknown ones among them")
    func otherKeys() throws {
        let line =
            ##" { "end" : true , "rows" : [ [ 7 , "\u006fpen" ] ] , "x" : {"rows":[]} , "se\u0071":1.5e1, "##
            + ##""up_ms":2,"t":-1, "type":"sample" } "##
        let read = try sample(Array(line.utf8), columns: ["id", "state"])
        #expect(read.at == TelemetryInstant(t: -1, up: 2))
        #expect(read.seq == 15)
        #expect(read.rows.map(\.state) == [.open])
        #expect(read.isEnd)
    }

    @Test("A word of a later version is unknown", arguments: ["disabled", "", "half_open_but_longer_than_any"])
    func unknownWords(word: String) throws {
        let line = #"{"type":"sample","t":1,"up_ms":2,"seq":0,"rows":[[7,"\#(word)"]]}"#
        let read = try sample(Array(line.utf8), columns: ["id", "state"])
        #expect(read.rows.map(\.state) == [nil])
        #expect(!read.isEnd)
    }

    @Test("A sample before the hello is refused")
    func beforeHello() throws {
        var decoder = ServiceMessageDecoder()
        let line = try Golden.bytes("sample").dropLast()
        let error = #expect(throws: WireError.self) { try decoder.decode(copying: line) }
        #expect(error?.code == .unexpected)
    }

    @Test(
        "A broken sample is refused with its place",
        arguments: [
            (#""rows":[[1,"open"]]"#, WireError.Code.badValue, "as many values as the hello has columns, 3"),
            (#""rows":[[1,"open",0,0]]"#, .badValue, "as many values"),
            (#""rows":[[]]"#, .badValue, "as many values"),
            (#""rows":[[0,"open",0]]"#, .badValue, "id must be at least 1"),
            (#""rows":[[null,"open",0]]"#, .badValue, "id must be at least 1"),
            (#""rows":[[0,"open",0],[2,"open",0],[3,"open",0]]"#, .badValue, "id must be at least 1"),
            (#""rows":[[-1,"open",0],[2,"open",0],[3,"open",0]]"#, .badValue, "id must be at least 1"),
            (#""rows":[[null,"open",0],[2,"open",0],[3,"open",0]]"#, .badValue, "id must be at least 1"),
            (#""rows":[[1,2,0]]"#, .badValue, "sample.rows.state: expected a word or null"),
            (#""rows":[[1,"open","x"]]"#, .badValue, "sample.rows.calls_total: expected an integer or null"),
            (#""rows":[[1,"open",true]]"#, .badValue, "sample.rows.calls_total"),
            (#""rows":[[1,"open",1.5]]"#, .badValue, "sample.rows.calls_total"),
            (#""rows":[[1,"open",9007199254740992]]"#, .badValue, "2^53 − 1"),
            (#""rows":[[1,"open",NaN]]"#, .badValue, "sample.rows.calls_total"),
            (#""rows":[[1,"open",-]]"#, .malformed, "expected a digit"),
            (#""rows":[[1,"open",01]]"#, .malformed, "leading zero"),
            (#""rows":[[1,"open",0],]"#, .malformed, "expected a value"),
            (#""rows":[[1,"open",0,]]"#, .malformed, "expected a value"),
            (#""rows":[1]"#, .badValue, "expected a row"),
            (#""rows":{}"#, .badValue, "expected an array of rows"),
            (#""rows":null"#, .badValue, "expected an array of rows"),
            (#""x":0"#, .missingField, "sample.rows is missing"),
            (#""rows":[],"rows":[]"#, .malformed, "sample.rows is there twice"),
            (#""rows":[],"seq":1"#, .malformed, "sample.seq is there twice"),
            (#""rows":[],"end":1"#, .badValue, "true or false"),
        ]
    )
    func broken(fields: String, code: WireError.Code, text: String) throws {
        let line = #"{"type":"sample","t":1,"up_ms":2,"seq":0,"# + fields + "}"
        let error = #expect(throws: WireError.self) {
            try decodeService(Array(line.utf8), columns: ["id", "state", "calls_total"])
        }
        #expect(error?.code == code)
        #expect(error?.message.contains(text) == true, "\(String(describing: error))")
    }

    private func result(_ line: String, _ columns: [String]) -> Result<Sample, WireError> {
        do throws(WireError) {
            return .success(try sample(Array(line.utf8), columns: columns))
        } catch {
            return .failure(error)
        }
    }

    private func sample(
        _ line: some Collection<UInt8>, columns: [String] = allColumns
    ) throws(WireError) -> Sample {
        guard case .sample(let sample) = try decodeService(line, columns: columns) else {
            throw WireError(.unexpected, "not a sample")
        }
        return sample
    }
}
