// SPDX-License-Identifier: Apache-2.0

// A service that uses the policies reads events and descriptions too: one import is enough.
@_exported public import BreakerTelemetry
