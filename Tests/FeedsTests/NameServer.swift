// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport

/// An answer of the DNS to a question for SRV records.
struct DNSAnswer: Sendable {
    struct Record: Sendable {
        var priority: UInt16 = 0
        var weight: UInt16 = 0
        var port: UInt16
        var host: String
        var seconds: UInt32 = 60
    }

    var code: UInt8 = 0
    var records: [Record] = []
    /// Another name that the one asked for stands for.
    var alias: String?

    static func failure(code: UInt8) -> DNSAnswer { DNSAnswer(code: code) }

    var bytes: [UInt8] { bytes(id: [0x12, 0x34], question: Self.name("q.example.org") + [0, 33, 0, 1]) }

    func bytes(id: [UInt8], question: [UInt8]) -> [UInt8] {
        let count = records.count + (alias == nil ? 0 : 1)
        var message = id + [0x81, 0x80 | code, 0, 1, 0, UInt8(count), 0, 0, 0, 0] + question
        // The name asked for stands at byte 12.
        if let alias {
            let name = Self.name(alias)
            message += [0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, UInt8(name.count)] + name
        }
        for record in records {
            let host = Self.name(record.host)
            message += [0xC0, 12, 0, 33, 0, 1] + Self.big(record.seconds) + [0, UInt8(6 + host.count)]
            message += Self.big(record.priority) + Self.big(record.weight) + Self.big(record.port) + host
        }
        return message
    }

    private static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    private static func big(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}

/// A name server on loopback that gives every question the same answer.
final class NameServer: Sendable {
    struct Failed: Error {}

    /// Such as `127.0.0.1:40123`.
    let address: String
    private let socket: CInt
    private let answers: Shared<DNSAnswer?>
    private let asked = Shared<[String]>([])

    init(_ answer: DNSAnswer) throws {
        socket = Glibc.socket(AF_INET, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        answers = Shared<DNSAnswer?>(answer)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (socket, size) = (socket, length)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard isBound else { throw Failed() }
        self.address = "127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        serve()
    }

    // Ends the thread: its waiting for questions fails.
    deinit { shutdown(socket, CInt(SHUT_RDWR)) }

    /// The names that were asked for.
    var questions: [String] { asked.value }

    func answer(_ answer: DNSAnswer) { answers.change { $0 = answer } }

    /// Answers nothing from now on.
    func fallSilent() { answers.change { $0 = nil } }

    private func serve() {
        let body = ThreadBody(socket: socket, answers: answers, asked: asked)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, Unmanaged.passRetained(body).toOpaque())
        pthread_detach(thread)
    }

    private final class ThreadBody: Sendable {
        let socket: CInt
        let answers: Shared<DNSAnswer?>
        let asked: Shared<[String]>

        init(socket: CInt, answers: Shared<DNSAnswer?>, asked: Shared<[String]>) {
            self.socket = socket
            self.answers = answers
            self.asked = asked
        }

        func run() {
            var buffer = [UInt8](repeating: 0, count: 1_500)
            var sender = sockaddr_storage()
            while true {
                var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
                let count = withUnsafeMutablePointer(to: &sender) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        recvfrom(socket, &buffer, buffer.count, 0, $0, &length)
                    }
                }
                guard count > 12 else { break }
                guard let end = buffer[12..<count].firstIndex(of: 0), end + 5 <= count else { continue }
                let question = Array(buffer[12..<end + 5])
                let name = Self.text(question)
                asked.change { $0.append(name) }
                guard let chosen = answers.value else { continue }
                let answer = chosen.bytes(id: Array(buffer[0..<2]), question: question)
                _ = withUnsafePointer(to: &sender) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        sendto(socket, answer, answer.count, 0, $0, length)
                    }
                }
            }
            close(socket)
        }

        private static func text(_ question: [UInt8]) -> String {
            var labels: [String] = []
            var rest = question[...]
            while let length = rest.first, length > 0, rest.count > Int(length) {
                labels.append(String(decoding: rest.dropFirst().prefix(Int(length)), as: UTF8.self))
                rest = rest.dropFirst(Int(length) + 1)
            }
            return labels.joined(separator: ".")
        }
    }
}
