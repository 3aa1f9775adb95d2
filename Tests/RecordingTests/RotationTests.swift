// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Recording

@Suite("Recordings in several files")
struct RotationTests {
    @Test(
        "Bounds are read",
        arguments: [
            ("1h", RecordingBounds(age: 3_600_000)), ("100MB", RecordingBounds(bytes: 100_000_000)),
            ("24h,2gb", RecordingBounds(age: 86_400_000, bytes: 2_000_000_000)),
            ("90s, 5 kB", RecordingBounds(age: 90_000, bytes: 5_000)),
        ])
    func bounds(text: String, bounds: RecordingBounds) { #expect(RecordingBounds(text) == bounds) }

    @Test(
        "What is no bound is none", arguments: ["", "1", "h", "0h", "-1h", "1h,2h", "1MB,", "1.5h", "9999999d", "٣h"])
    func noBounds(text: String) { #expect(RecordingBounds(text) == nil) }

    @Test("What is kept is parted where nothing was said, and must be several files")
    func parts() throws {
        let day = try #require(Rotation(file: nil, total: RecordingBounds("24h,2.4GB") ?? RecordingBounds("24h")))
        #expect(day.file.age == 3_600_000)
        #expect(Rotation(file: nil, total: RecordingBounds("24GB"))?.file.bytes == 1_000_000_000)
        #expect(Rotation(file: nil, total: nil) == nil)
        #expect(Rotation(file: RecordingBounds("2h"), total: RecordingBounds("1h"))?.contradiction != nil)
        #expect(Rotation(file: RecordingBounds("2GB"), total: RecordingBounds("3GB"))?.contradiction != nil)
        #expect(Rotation(file: RecordingBounds("1h"), total: RecordingBounds("3GB"))?.contradiction == nil)
    }

    @Test("A file ends when it is old or long enough")
    func due() throws {
        let rotation = try #require(Rotation(file: RecordingBounds("1h,100MB"), total: nil))
        #expect(!rotation.isDue(age: 3_599_999, bytes: 99_999_999))
        #expect(rotation.isDue(age: 3_600_000, bytes: 0) && rotation.isDue(age: 0, bytes: 100_000_000))
    }

    private static func file(_ hour: Int64, _ bytes: Int = 10) -> Rotation.File {
        Rotation.File(name: "f\(hour)", start: hour * 3_600_000, bytes: bytes)
    }

    @Test("Always the last 24 h: what goes ended before them")
    func age() throws {
        let rotation = try #require(Rotation(file: RecordingBounds("1h"), total: RecordingBounds("24h")))
        let files = [3, 1, 2, 0].map { Self.file($0) }
        let present = Self.file(4)
        #expect(rotation.surplus(files, present: present, at: 26 * 3_600_000) == [Self.file(0)])
        #expect(rotation.surplus(files, present: present, at: 26 * 3_600_000 + 1) == [Self.file(0), Self.file(1)])
        #expect(rotation.surplus(files, present: present, at: 0) == [])
        #expect(rotation.surplus(files, present: present, at: .max).count == 4)
    }

    @Test("The oldest go until the rest is small enough, the present one never")
    func size() throws {
        let rotation = try #require(Rotation(file: nil, total: RecordingBounds(bytes: 30)))
        let files = [0, 1, 2].map { Self.file($0) }
        #expect(rotation.surplus(files, present: Self.file(3, 0), at: 0) == [])
        #expect(rotation.surplus(files, present: Self.file(3, 1), at: 0) == [Self.file(0)])
        #expect(rotation.surplus(files, present: Self.file(3, 99), at: 0) == files)
    }
}
