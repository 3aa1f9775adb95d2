// SPDX-License-Identifier: Apache-2.0

import Resilience
import Synchronization

/// Takes orders: charges, reserves, ships. What it cannot do now it notes for later, and says so in the answer.
enum Orders {
    static func open(_ server: ServiceServer, _ circuits: Circuits, ports: Ports) async {
        let payments = Backend(.payments, ports: ports)
        let inventory = Backend(.inventory, ports: ports)
        let shipping = Backend(.shipping, ports: ports)
        let charge = circuits.circuit("payments.charge", .payments, "POST /charge")
        let refund = circuits.circuit("payments.refund", .payments, "POST /refund", timeout: .milliseconds(1_200))
        let reserve = circuits.circuit("inventory.reserve", .inventory, "POST /reserve")
        let book = circuits.circuit("shipping.book", .shipping, "POST /ship")
        let track = circuits.circuit("shipping.track", .shipping, "GET /track")
        let numbers = OrderNumbers()

        await server.on("POST /orders") { _ in
            async let paid = done(charge) { try await payments.call("POST", "/charge") }
            async let reserved = done(reserve) { try await inventory.call("POST", "/reserve") }
            let (isPaid, isReserved) = await (paid, reserved)
            let isShipped = await done(book) { try await shipping.call("POST", "/ship") }
            let isDegraded = !(isPaid && isReserved && isShipped)
            let marks = #""paid":\#(isPaid),"reserved":\#(isReserved),"shipped":\#(isShipped)"#
            return #"{"order":\#(numbers.next()),\#(marks),"degraded":\#(isDegraded)}"#
        }
        await server.on("GET /orders/*") { _ in
            let isTracked = await done(track) { try await shipping.call("GET", "/track") }
            return #"{"status":"\#(isTracked ? "on its way" : "taken")","degraded":\#(!isTracked)}"#
        }
        await server.on("DELETE /orders/*") { _ in
            let isRefunded = await done(refund) { try await payments.call("POST", "/refund") }
            return #"{"status":"\#(isRefunded ? "refunded" : "refund noted")","degraded":\#(!isRefunded)}"#
        }
    }

    private static func done(
        _ circuit: Circuit, _ call: @escaping @Sendable () async throws -> String
    ) async -> Bool {
        await circuit.run {
            _ = try await call()
            return true
        } fallback: { _ in
            false
        }
    }

    private final class OrderNumbers: Sendable {
        private let last = Atomic<Int>(0)
        func next() -> Int { last.wrappingAdd(1, ordering: .relaxed).newValue }
    }
}
