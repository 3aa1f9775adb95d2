// SPDX-License-Identifier: Apache-2.0

import BreakerPublisher
import Resilience

/// Publishes a registry on the metrics socket until cancelled. A service goes on without it when that fails.
func publish(_ registry: Registry, as service: ServiceName) async {
    do {
        try await Publisher(registry).run()
    } catch is CancellationError {
    } catch {
        Log.line(service.rawValue, "not published: \(error)")
        // Parked rather than ended: the end of this task would end the service.
        try? await Task.sleep(for: .seconds(1_000_000_000))
    }
}
