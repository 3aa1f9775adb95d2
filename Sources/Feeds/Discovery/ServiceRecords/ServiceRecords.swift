// SPDX-License-Identifier: Apache-2.0

/// The SRV records in an answer of the DNS (RFC 1035, RFC 2782): whoever sent it, nothing of it is trusted.
struct ServiceRecords: Sendable, Hashable {
    struct Record: Sendable, Hashable {
        var priority: UInt16
        var weight: UInt16
        var place: HostAndPort
    }

    /// Why an answer cannot be read.
    struct Malformed: Error, Sendable, Hashable {
        var offset: Int
    }

    /// The most records that are kept of an answer.
    static let maximumCount = 4_096

    /// By priority, then the heavier first, then by name; each host and port once.
    private(set) var records: [Record] = []
    /// How long all of them hold, in seconds; `nil` without any.
    private(set) var secondsToLive: UInt32?

    private static let service: UInt16 = 33
    private static let internet: UInt16 = 1

    init(_ message: [UInt8]) throws(Malformed) {
        var reader = DNSReader(message)
        try reader.skip(4)
        let (questions, answers) = (try reader.number(), try reader.number())
        try reader.skip(4)
        for _ in 0..<questions {
            _ = try reader.name()
            try reader.skip(4)
        }
        for _ in 0..<answers where records.count < Self.maximumCount { try take(&reader) }
        var known: Set<HostAndPort> = []
        records.sort { ($0.priority, $1.weight, $0.place.description) < ($1.priority, $0.weight, $1.place.description) }
        records.removeAll { !known.insert($0.place).inserted }
    }

    private mutating func take(_ reader: inout DNSReader) throws(Malformed) {
        _ = try reader.name()
        let (type, `class`) = (try reader.number(), try reader.number())
        let lifetime = UInt32(try reader.number()) << 16 | UInt32(try reader.number())
        let length = Int(try reader.number())
        let end = reader.offset + length
        guard end <= reader.message.count else { throw Malformed(offset: reader.offset) }
        defer { reader.offset = end }
        // Aliases on the way to the records, and whatever else.
        guard type == Self.service, `class` == Self.internet else { return }
        let (priority, weight) = (try reader.number(), try reader.number())
        let port = Int(try reader.number())
        let host = try reader.name()
        guard reader.offset <= end else { throw Malformed(offset: reader.offset) }
        secondsToLive = min(lifetime, secondsToLive ?? .max)
        // "." says that the service is not there; other odd names are none of a host's.
        guard !host.isEmpty, port > 0, host.utf8.allSatisfy(HostAndPort.isNameByte) else { return }
        records.append(Record(priority: priority, weight: weight, place: HostAndPort(host: host, port: port)))
    }
}

/// A cursor over a DNS message that never reads past its end.
struct DNSReader {
    let message: [UInt8]
    var offset = 0

    init(_ message: [UInt8]) { self.message = message }

    mutating func skip(_ count: Int) throws(ServiceRecords.Malformed) {
        guard message.count - offset >= count else { throw ServiceRecords.Malformed(offset: offset) }
        offset += count
    }

    /// 16 bits, the higher ones first.
    mutating func number() throws(ServiceRecords.Malformed) -> UInt16 {
        try skip(2)
        return UInt16(message[offset - 2]) << 8 | UInt16(message[offset - 1])
    }

    /// A name without its last dot, at most 255 bytes; bytes that no text has become "?". The root is empty.
    mutating func name() throws(ServiceRecords.Malformed) -> String {
        var bytes: [UInt8] = []
        var position = offset
        var end: Int?
        while true {
            guard position < message.count else { throw ServiceRecords.Malformed(offset: position) }
            let length = Int(message[position])
            switch length {
            case 0:
                offset = end ?? position + 1
                return String(decoding: bytes, as: UTF8.self)
            case 1...63:
                guard position + length < message.count, bytes.count + length < 255 else {
                    throw ServiceRecords.Malformed(offset: position)
                }
                if !bytes.isEmpty { bytes.append(UInt8(ascii: ".")) }
                bytes += message[position + 1...position + length].map { (0x21..<0x7F).contains($0) ? $0 : 0x3F }
                position += length + 1
            case 0xC0...0xFF:
                guard position + 1 < message.count else { throw ServiceRecords.Malformed(offset: position) }
                let target = (length & 0x3F) << 8 | Int(message[position + 1])
                // Only backwards: so a chain of pointers has an end.
                guard target < position else { throw ServiceRecords.Malformed(offset: position) }
                end = end ?? position + 2
                position = target
            default: throw ServiceRecords.Malformed(offset: position)
            }
        }
    }
}
