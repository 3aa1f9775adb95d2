// SPDX-License-Identifier: Apache-2.0

/// A cell's place: 0, 0 is the upper left one. May lie outside of any canvas.
package struct Point: Hashable, Sendable {
    package var x: Int
    package var y: Int

    package init(x: Int, y: Int) {
        self.x = x
        self.y = y
    }
}
