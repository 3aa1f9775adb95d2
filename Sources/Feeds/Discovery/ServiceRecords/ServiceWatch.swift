// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Fleet

/// The hosts and ports that a name of the DNS stands for, over time. All of its records are instances, none a reserve.
struct ServiceWatch: PlaceWatch {
    let name: String
    let isSecured: Bool
    private let lookUp: @Sendable (String) throws(Resolver.Failure) -> [UInt8]
    private var places: [Place] = []

    /// How long an answer is taken to hold: as long as it says itself, within these bounds.
    static let lifetimes: ClosedRange<UInt32> = 5...30

    var source: SourceID { SourceID("\(isSecured ? "srv+tls" : "srv"):\(name)") }
    var kind: SourceKind { .srv }
    var closesWhatGoes: Bool { true }

    init(
        name: String, isSecured: Bool, lookUp: @escaping @Sendable (String) throws(Resolver.Failure) -> [UInt8]
    ) {
        self.name = name
        self.isSecured = isSecured
        self.lookUp = lookUp
    }

    mutating func look() async -> Look? {
        let (name, lookUp) = (name, lookUp)
        let answer = await onThreadOfItsOwn {
            do throws(Resolver.Failure) {
                return Result<[UInt8], Resolver.Failure>.success(try lookUp(name))
            } catch {
                return .failure(error)
            }
        }
        switch answer {
        case nil: return nil
        case .success(let message): return take(message)
        case .failure(let failure): return fail(failure)
        }
    }

    private mutating func take(_ message: [UInt8]) -> Look {
        do throws(ServiceRecords.Malformed) {
            let answer = try ServiceRecords(message)
            places = answer.records.map { Place($0.place, isSecured: isSecured) }
            let seconds = min(max(answer.secondsToLive ?? 0, Self.lifetimes.lowerBound), Self.lifetimes.upperBound)
            let complaint = places.isEmpty ? "the DNS says that there is no service at '\(name)'" : nil
            return Look(places: places, complaint: complaint, pause: .seconds(Int64(seconds)))
        } catch {
            return unanswered("the answer of the DNS about '\(name)' is damaged at byte \(error.offset)")
        }
    }

    private mutating func fail(_ failure: Resolver.Failure) -> Look {
        switch failure {
        case .noSuchName, .noRecords:
            places = []
            let what = failure == .noSuchName ? "does not know the name '\(name)'" : "has no SRV records of '\(name)'"
            return unanswered("the DNS \(what)")
        case .unreachable: return unanswered("the DNS does not answer about '\(name)'")
        case .refused: return unanswered("the DNS refuses to answer about '\(name)'")
        }
    }

    private func unanswered(_ complaint: String) -> Look {
        let keeping = places.isEmpty ? "" : "; the last answer holds"
        return Look(
            places: places, complaint: complaint + keeping, pause: .seconds(Int64(Self.lifetimes.lowerBound)))
    }
}
