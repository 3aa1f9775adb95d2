// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import FoundationNetworking
import Synchronization

extension URLSession {
    /// The answer to a request; cancelling the task cancels the request.
    ///
    /// `data(for:)` of FoundationNetworking cancels the request from within the task's cancellation handler, which holds the task's
    /// lock while it waits for the session's queue. When the answer arrives at that moment, the queue waits for the same lock to
    /// resume the task, and the session hangs for good (seen with Swift 6.3.1 on Linux). Here the handler only leaves word.
    func answer(to request: URLRequest) async throws -> (Data, URLResponse) {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let task = dataTask(with: request) { body, response, error in
                    if let body, let response {
                        continuation.resume(returning: (body, response))
                    } else {
                        continuation.resume(throwing: error ?? URLError(.unknown))
                    }
                }
                task.resume()
                cancellation.take(task)
            }
        } onCancel: {
            DispatchQueue.global().async { cancellation.cancel() }
        }
    }

    /// Brings a task and its cancellation together, whichever comes first.
    private final class Cancellation: Sendable {
        private let state = Mutex<(task: URLSessionTask?, isCancelled: Bool)>((nil, false))

        func take(_ task: URLSessionTask) {
            let isCancelled = state.withLock { state in
                state.task = task
                return state.isCancelled
            }
            if isCancelled { task.cancel() }
        }

        func cancel() {
            let task = state.withLock { state in
                state.isCancelled = true
                return state.task
            }
            task?.cancel()
        }
    }
}
