// SPDX-License-Identifier: Apache-2.0

/// A value kept apart from what holds it, and copied only when it is changed while somebody else still looks at it.
///
/// A dictionary is up to three times as large as what is in it, and a view of a circuit is made for each line of the
/// screen: both hold a reference instead of a thousand bytes.
package struct Boxed<Value: Sendable>: Sendable {
    // An array of one is such a box, without anything unchecked.
    private var storage: [Value]

    package init(_ value: Value) { storage = [value] }

    package var value: Value {
        _read { yield storage[0] }
        _modify { yield &storage[0] }
    }
}
