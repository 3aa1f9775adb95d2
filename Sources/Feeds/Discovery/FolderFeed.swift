// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Fleet

/// Every metrics socket of some folders.
package struct FolderFeed: Feed {
    private let feed: TargetsFeed

    /// Where it looks.
    package var folders: [String] { feed.places }

    package init(folders: [String]? = nil, client: String, clock: MonitorClock = MonitorClock()) {
        feed = TargetsFeed(targets: folders?.map { .folder(path: $0) }, client: client, clock: clock)
    }

    package func run(into sink: @escaping ObservationSink) async throws { try await feed.run(into: sink) }

    package func perform(_ command: Command) async -> CommandResult { await feed.perform(command) }
}
