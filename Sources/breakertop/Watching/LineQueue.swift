// SPDX-License-Identifier: Apache-2.0

/// Lines that wait to be written, bounded. Beyond the bound they are counted instead, and the count takes their place in
/// the order once there is room again.
struct LineQueue: Sendable {
    private let capacity: Int
    private(set) var bytes: [UInt8] = []
    /// Lines left out since the last one that was taken in.
    private(set) var dropped = 0

    /// - Parameter capacity: the most bytes that wait.
    init(capacity: Int) { self.capacity = capacity }

    var isEmpty: Bool { bytes.isEmpty }
    /// Whether lines are left out: until half of the room is free again, so that gaps are few.
    var isDropping: Bool { dropped > 0 && bytes.count > capacity / 2 }

    /// Whether a line would be taken.
    func hasRoom(for line: [UInt8]) -> Bool {
        // A line longer than all the room is taken alone: it would never fit.
        bytes.isEmpty || (!isDropping && bytes.count + line.count <= capacity)
    }

    /// Takes a line in, or counts it as left out.
    /// - Parameter gap: makes the line that tells how many were left out.
    mutating func append(_ line: [UInt8], gap: (Int) -> [UInt8]) {
        guard hasRoom(for: line) else {
            dropped += 1
            return
        }
        if dropped > 0 { bytes += gap(dropped) }
        dropped = 0
        bytes += line
    }

    /// Closes an open gap at the end, where no other line will.
    mutating func close(gap: (Int) -> [UInt8]) {
        if dropped > 0 { bytes += gap(dropped) }
        dropped = 0
    }

    /// Takes everything out.
    mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }
}
