// SPDX-License-Identifier: Apache-2.0

public import Foundation

extension FaultScript {
    /// Reads a script.
    ///
    /// - Parameters:
    ///   - json: The script's text.
    ///   - services: The services that there are: a step for another one is a mistake.
    /// - Throws: ``FaultScriptError``.
    public init(json: Data, services: [String]) throws(FaultScriptError) {
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: json)
        } catch let error as FaultScriptError {
            throw error
        } catch let DecodingError.keyNotFound(key, context) {
            throw FaultScriptError("\(Self.place(context.codingPath)): \"\(key.stringValue)\" is missing")
        } catch let DecodingError.typeMismatch(_, context) {
            throw FaultScriptError("\(Self.place(context.codingPath)): \(context.debugDescription)")
        } catch {
            throw FaultScriptError("not a JSON object: \(error)")
        }
        guard document.steps.count <= Self.maximumSteps else {
            throw FaultScriptError("at most \(Self.maximumSteps) steps (has \(document.steps.count))")
        }
        var steps: [Step] = []
        for (index, line) in document.steps.enumerated() {
            steps.append(try line.step(called: "step \(index + 1)", services: services))
        }
        // A stable order: of two steps at the same moment the later in the file wins.
        steps = steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
        if let loop = document.loop {
            guard loop >= 1, loop <= 86_400 else {
                throw FaultScriptError("loop must lie within 1…86400 s (is \(loop))")
            }
            if let last = steps.last, last.at >= loop {
                throw FaultScriptError("the step at \(last.at) s is never reached: the loop ends at \(loop) s")
            }
        }
        self.init(loop: document.loop, steps: steps)
    }

    private static func place(_ path: [any CodingKey]) -> String {
        let names = path.map { $0.intValue.map { "step \($0 + 1)" } ?? $0.stringValue }
        return names.isEmpty ? "the script" : names.joined(separator: ", ")
    }
}

/// The script as it stands in the file.
private struct Document: Decodable {
    var loop: Double?
    var steps: [Line]

    private enum Keys: String, CodingKey, CaseIterable {
        case description, loop, steps
    }

    init(from decoder: any Decoder) throws {
        try decoder.refuseOthers(than: Keys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: Keys.self)
        loop = try container.decodeIfPresent(Double.self, forKey: .loop)
        steps = try container.decode([Line].self, forKey: .steps)
    }
}

private struct Line: Decodable {
    var at: Double
    var service: String
    var endpoint: String?
    var fail: Double?
    var stall: Int?
    var recover: Bool?

    private enum Keys: String, CodingKey, CaseIterable {
        case at, service, endpoint, fail, recover
        case stall = "stall_ms"
    }

    init(from decoder: any Decoder) throws {
        try decoder.refuseOthers(than: Keys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: Keys.self)
        at = try container.decode(Double.self, forKey: .at)
        service = try container.decode(String.self, forKey: .service)
        endpoint = try container.decodeIfPresent(String.self, forKey: .endpoint)
        fail = try container.decodeIfPresent(Double.self, forKey: .fail)
        stall = try container.decodeIfPresent(Int.self, forKey: .stall)
        recover = try container.decodeIfPresent(Bool.self, forKey: .recover)
    }

    func step(called name: String, services: [String]) throws(FaultScriptError) -> FaultScript.Step {
        guard at >= 0, at <= 86_400 else { throw FaultScriptError("\(name): at must lie within 0…86400 s (is \(at))") }
        guard services.contains(service) else {
            throw FaultScriptError(
                "\(name): there is no service \"\(service)\"; there are \(services.joined(separator: ", "))")
        }
        if recover == true {
            guard fail == nil, stall == nil else {
                throw FaultScriptError("\(name): recover excludes fail and stall_ms")
            }
            return .init(at: at, service: service, endpoint: endpoint, fault: nil)
        }
        guard fail != nil || stall != nil else {
            throw FaultScriptError("\(name): needs fail, stall_ms or \"recover\": true")
        }
        let fault = Fault(failRatio: fail ?? 0, stall: stall ?? 0)
        guard (0...1).contains(fault.failRatio) else {
            throw FaultScriptError("\(name): fail must lie within 0…1 (is \(fault.failRatio))")
        }
        guard (0...FaultScript.maximumStall).contains(fault.stall) else {
            throw FaultScriptError(
                "\(name): stall_ms must lie within 0…\(FaultScript.maximumStall) (is \(fault.stall))")
        }
        return .init(at: at, service: service, endpoint: endpoint, fault: fault)
    }
}

private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Decoder {
    /// A misspelt key would be a fault that never comes: better to say so.
    fileprivate func refuseOthers(than known: [String]) throws {
        let keys = try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        guard let unknown = keys.sorted().first(where: { !known.contains($0) }) else { return }
        let place = codingPath.compactMap(\.intValue).first.map { "step \($0 + 1)" } ?? "the script"
        throw FaultScriptError("\(place): unknown key \"\(unknown)\"; known are \(known.joined(separator: ", "))")
    }
}
