// SPDX-License-Identifier: Apache-2.0

import BreakerWire
import Testing

@Suite("Golden bytes")
struct GoldenTests {
    @Test("A message encodes to its golden bytes", arguments: Golden.names)
    func encodes(name: String) throws {
        let bytes = try Golden.message(name).encoded()
        #expect(String(decoding: bytes, as: UTF8.self) == String(decoding: try Golden.bytes(name), as: UTF8.self))
    }

    @Test("Golden bytes decode to their message", arguments: Golden.names)
    func decodes(name: String) throws {
        let message = try Golden.message(name)
        #expect(try message.decodedLikeThis(try Golden.bytes(name).dropLast()) == message)
    }

    @Test("Every golden file has a message, and the other way round")
    func isComplete() throws {
        #expect(try Golden.fileNames().sorted() == Golden.names.sorted())
    }
}
