// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// Where somebody wants to go in what was.
package enum Journey: Sendable, Hashable {
    case to(Milliseconds)
    /// To the next fact after a moment.
    case stepForward(from: Milliseconds)
    /// To the last fact before it.
    case stepBack(from: Milliseconds)

    /// The moment that it goes to, or from.
    package var moment: Milliseconds {
        switch self {
        case .to(let at), .stepForward(let at), .stepBack(let at): at
        }
    }
}
