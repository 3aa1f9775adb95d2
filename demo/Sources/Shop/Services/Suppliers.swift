// SPDX-License-Identifier: Apache-2.0

/// The services that call nobody: they answer, as well as the fault script lets them.
enum Suppliers {
    static func open(_ server: ServiceServer) async {
        switch server.name {
        case .payments:
            await server.on("POST /charge") { _ in #"{"charged":true}"# }
            await server.on("POST /refund") { _ in #"{"refunded":true}"# }
        case .inventory:
            await server.on("POST /reserve") { _ in #"{"reserved":true}"# }
            await server.on("GET /stock") { _ in #"{"items":["kettle","lamp","stool"],"degraded":false}"# }
        case .shipping:
            await server.on("POST /ship") { _ in #"{"shipped":true}"# }
            await server.on("GET /track") { _ in #"{"where":"depot"}"# }
        case .gateway, .orders:
            break
        }
    }
}
