// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// Which of several connections speaks for an instance: a service may be reached over more than one target.
extension FleetModel {
    func isSpeaking(_ source: Source?, for key: InstanceKey) -> Bool {
        guard let source else { return false }
        return !source.isDown && source.instance == key
    }

    /// Another connection that can speak for an instance, the one that can do most.
    func otherVoice(of key: InstanceKey, than source: SourceID) -> SourceID? {
        func rank(_ source: Source) -> Int { (source.phase == .ready ? 2 : 0) + (source.mayOperate ? 1 : 0) }
        return sources.values.filter { isSpeaking($0, for: key) && $0.id != source }
            .max { (rank($0), $1.id) < (rank($1), $0.id) }?.id
    }
}
