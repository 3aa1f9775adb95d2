// SPDX-License-Identifier: Apache-2.0

#if !TLS
import BreakerSockets
import BreakerTLS
import Testing

@Suite("A build without TLS")
struct WithoutTLSTests {
    @Test("A build without TLS says so, and what to do")
    func saysSo() {
        let words = "this build has no TLS; build with the package trait TLS (the default)"
        let server = #expect(throws: SocketError.self) { try TLSServer(files: TLSFiles(), clients: .none) }
        #expect(server?.message == words)
        let client = #expect(throws: SocketError.self) { try TLSClient(files: TLSFiles(), serverName: "localhost") }
        #expect(client?.message.contains("swift build -c release --product breakertop") == true)
    }
}
#endif
