// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix

/// Rings when something comes into a folder, goes out of it or changes there, by what the kernel tells (inotify).
package final class FolderChanges: Sendable {
    private let path: String
    private let folder: Identity
    private let channel: EventLoopFuture<any Channel>

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
        channel = NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Ringer(bell)) }
            }
            .takingOwnershipOfDescriptor(input: descriptor)
        channel.whenFailure { _ in close(descriptor) }
    }

    deinit { channel.whenSuccess { $0.close(promise: nil) } }

    /// Whether the path still names the folder that is watched: of another one nothing is told.
    package var isOfPath: Bool { Identity(of: path) == folder }

    private struct Identity: Equatable {
        var device: dev_t
        var inode: ino_t

        init?(of path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            (device, inode) = (status.st_dev, status.st_ino)
        }
    }

    /// What is told is not read: whoever hears the bell looks for himself.
    private final class Ringer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let bell: Doorbell

        init(_ bell: Doorbell) { self.bell = bell }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { bell.ring() }
    }
}
