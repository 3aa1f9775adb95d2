// SPDX-License-Identifier: Apache-2.0

import FlyingFox
import Resilience

/// The door of the shop.
enum Gateway {
    static func open(_ server: ServiceServer, _ circuits: Circuits, ports: Ports) async {
        let orders = Backend(.orders, ports: ports)
        let inventory = Backend(.inventory, ports: ports)
        let place = circuits.circuit("orders.place", .orders, "POST /orders", timeout: .milliseconds(2_500))
        let read = circuits.circuit("orders.read", .orders, "GET /orders/*", timeout: .milliseconds(1_200))
        let cancel = circuits.circuit("orders.cancel", .orders, "DELETE /orders/*", timeout: .milliseconds(3_000))
        let catalog = circuits.circuit("inventory.catalog", .inventory, "GET /stock")

        await server.on("POST /orders") { _ in
            await place.run {
                try await orders.call("POST", "/orders")
            } fallback: { _ in
                #"{"order":null,"status":"try again later","degraded":true}"#
            }
        }
        await server.on("GET /orders/*") { request in
            await read.run {
                try await orders.call("GET", request.path)
            } fallback: { _ in
                #"{"status":"unknown","degraded":true}"#
            }
        }
        await server.on("DELETE /orders/*") { request in
            await cancel.run {
                try await orders.call("DELETE", request.path)
            } fallback: { _ in
                #"{"status":"cancellation noted","degraded":true}"#
            }
        }
        await server.on("GET /catalog") { _ in
            await catalog.run {
                try await inventory.call("GET", "/stock")
            } fallback: { _ in
                #"{"items":[],"degraded":true}"#
            }
        }
    }
}
