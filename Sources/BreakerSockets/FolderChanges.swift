// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Rings when something comes into a folder, goes out of it or changes there, by what the kernel tells (inotify).
package final class FolderChanges: Sendable {
    private let path: String
    private let folder: Identity
    private let channel: EventLoopFuture<any Channel>
    private let watching: Watching

    private static let wanted = UInt32(
        IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

    /// Asks for the path's folder, which may take as long as its file system does.
    ///
    /// - Returns: `nil` where there is no such folder, or the system has no more watches to give.
    package init?(of path: String, ringing bell: Doorbell) {
        let descriptor = inotify_init1(CInt(IN_NONBLOCK) | CInt(IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        // Known before it is watched: if it is another one by then, that shows at the next look.
        guard let folder = Identity(of: path), inotify_add_watch(descriptor, path, Self.wanted) >= 0 else {
            close(descriptor)
            return nil
        }
        (self.path, self.folder) = (path, folder)
        let watching = Watching()
        self.watching = watching
        channel = NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            // No read gives less than one event, however long its name is.
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4_096))
            // Before the first read: what is told at once is heard.
            .channelInitializer { channel in
                channel.closeFuture.whenComplete { _ in watching.end() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Ringer(bell, watching))
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor)
        channel.whenFailure { _ in
            close(descriptor)
            watching.end()
        }
    }

    deinit { channel.whenSuccess { $0.close(promise: nil) } }

    /// Whether what changes at the path is told: it names the folder that is watched, and that one is still watched.
    package var isAlive: Bool { !watching.isOver && Identity(of: path) == folder }

    private struct Identity: Equatable {
        var device: dev_t
        var inode: ino_t

        init?(of path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            (device, inode) = (status.st_dev, status.st_ino)
        }
    }

    /// Whether anything is told still.
    private final class Watching: Sendable {
        private let over = Mutex(false)

        var isOver: Bool { over.withLock(\.self) }
        func end() { over.withLock { $0 = true } }
    }

    /// Of what is told only the end is read, and that for certain: whoever hears the bell looks for himself.
    private final class Ringer: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let bell: Doorbell
        private let watching: Watching

        init(_ bell: Doorbell, _ watching: Watching) { (self.bell, self.watching) = (bell, watching) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if unwrapInboundIn(data).withUnsafeReadableBytes(Self.tellsOfEnd) { watching.end() }
            bell.ring()
        }

        /// Whether the folder went, was moved or is on no file system any more.
        private static func tellsOfEnd(_ bytes: UnsafeRawBufferPointer) -> Bool {
            let size = MemoryLayout<inotify_event>.size
            var offset = 0
            while offset + size <= bytes.count {
                let event = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                if event.mask & UInt32(IN_IGNORED | IN_MOVE_SELF | IN_UNMOUNT) != 0 { return true }
                offset += size + Int(event.len)
            }
            return false
        }
    }
}
