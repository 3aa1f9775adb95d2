// SPDX-License-Identifier: Apache-2.0

import Fleet

/// A port that was named: it is always there, whether or not anybody listens.
struct PortWatch: PlaceWatch {
    let place: Place
    let pause: Duration

    var source: SourceID { place.source }
    var kind: SourceKind { place.origin.kind }
    var closesWhatGoes: Bool { true }

    mutating func look() async -> Look? { Look(places: [place], pause: pause) }
}
