// SPDX-License-Identifier: Apache-2.0

#if TLS
import BreakerSockets
import BreakerTLS
import Glibc
import TestSupport
import Testing

@Suite("Files of TLS", .timeLimit(.minutes(1)))
struct FilesTests {
    private let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    private var files: TLSFiles {
        TLSFiles(certificate: "\(temporary.path)/tls.crt", key: "\(temporary.path)/tls.key")
    }

    @Test("Files that cannot be used are named, with what to do")
    func unusable() throws {
        let all = try TestCertificates.folder()
        let good = try TestCertificates.files("server", authority: nil)
        let cases: [(TLSFiles, String)] = [
            (
                TLSFiles(certificate: "/nowhere.crt", key: good.key),
                "cannot read the certificate '/nowhere.crt': No such file or directory"
            ),
            (
                TLSFiles(certificate: good.certificate, key: "/nowhere.key"),
                "cannot read the key '/nowhere.key': No such"
            ),
            (TLSFiles(certificate: all, key: good.key), "the certificate '\(all)' is no regular file"),
            (TLSFiles(certificate: "\(all)/ca.cnf", key: good.key), "/ca.cnf' holds no certificate in PEM"),
            (TLSFiles(certificate: "/dev/null", key: good.key), "'/dev/null' is no regular file"),
            (TLSFiles(certificate: good.certificate, key: "\(all)/private.csr"), "holds no private key in PEM"),
            (TLSFiles(certificate: good.certificate), "a certificate needs its key"),
            (TLSFiles(), "TLS needs the service's certificate"),
            (
                TLSFiles(certificate: good.certificate, key: "\(all)/client.key"),
                "/client.key' does not belong to the first certificate in '"
            ),
            (
                TLSFiles(authorities: "\(all)/authority.crt", certificate: good.certificate, key: good.key),
                "no monitor is asked"
            ),
        ]
        copy("\(all)/server.csr", to: "\(all)/private.csr", mode: 0o600)
        for (files, words) in cases {
            let error = #expect(throws: SocketError.self) { try TLSServer(files: files, clients: .none) }
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "no error"), not: \(words)")
            #expect(error?.message.contains("errno") == false)
        }
        let error = #expect(throws: SocketError.self) { try TLSServer(files: good, clients: .required) }
        #expect(error?.message.contains("needs the file of the authorities") == true)
    }

    @Test(
        "A key that others have access to is refused; a group may read what is root's",
        arguments: [
            (0o600, true), (0o400, true), (0o640, geteuid() == 0), (0o660, false), (0o644, false), (0o604, false),
        ]
            as [(mode_t, Bool)])
    func privacy(mode: mode_t, isGood: Bool) throws {
        let good = try TestCertificates.files("server", authority: nil)
        var files = good
        files.key = "\(temporary.path)/tls.key"
        copy(good.key, to: files.key, mode: mode)
        if isGood {
            _ = try TLSServer(files: files, clients: .none)
        } else {
            let error = #expect(throws: SocketError.self) { try TLSServer(files: files, clients: .none) }
            #expect(error?.message.contains("is not private, its mode is 0\(String(mode, radix: 8))") == true)
        }
    }

    @Test("An encrypted key is refused before anybody asks for its passphrase at the terminal")
    func encrypted() throws {
        let good = try TestCertificates.files("server", authority: nil)
        var files = good
        files.key = "\(temporary.path)/tls.key"
        #expect(system("openssl pkey -in \(good.key ?? "") -aes256 -passout pass:x -out \(files.key ?? "")") == 0)
        chmod(files.key ?? "", 0o600)
        let error = #expect(throws: SocketError.self) { try TLSServer(files: files, clients: .none) }
        #expect(error?.message.contains("is encrypted") == true)
    }

    @Test("A certificate that has expired, or is not yet valid, is a warning")
    func warnings() throws {
        #expect(try TestCertificates.server().warning == nil)
        #expect(try TestCertificates.server("server-expired").warning?.contains("expired on 20") == true)
        #expect(try TestCertificates.client("client-not-yet").warning?.contains("is not valid before 20") == true)
    }

    @Test("Files exchanged by rename are used by new connections, and those that are open go on")
    func renamed() async throws {
        install("server")
        let server = try TLSServer(files: files, clients: .none)
        let client = try TestCertificates.client()
        try await EchoService.with(server) { service in
            try await withConnection(to: service.endpoint, security: client, timeout: .seconds(20)) { old in
                let before = old.peer?.certificate?.expires
                #expect(server.refresh() == .unchanged)
                install("server-renewed")
                #expect(server.refresh() == .renewed)
                #expect(server.refresh() == .unchanged)
                let after = try await service.visit(client)?.certificate?.expires
                #expect(after == server.expires)
                #expect(after != before)
                try await EchoService.exchange("still here", over: old)
            }
        }
    }

    @Test("New files that cannot be used leave the old ones in use, and are told once")
    func broken() async throws {
        install("server")
        let server = try TLSServer(files: files, clients: .none)
        let expires = server.expires
        let all = try TestCertificates.folder()
        let breaks: [(String, () -> Void)] = [
            ("does not belong to", { copy("\(all)/client.key", to: files.key, mode: 0o600) }),
            ("is not private", { copy("\(all)/server.key", to: files.key, mode: 0o644) }),
            ("No such file", { unlink(files.key ?? "") }),
            ("holds no certificate", { copy("/dev/null", to: files.certificate, mode: 0o644) }),
        ]
        for (words, make) in breaks {
            install("server")
            _ = server.refresh()
            make()
            guard case .kept(let error) = server.refresh() else {
                Issue.record("\(words) was taken")
                continue
            }
            #expect(error.message.contains(words), "\(error)")
            #expect(server.refresh() == .unchanged)
            #expect(server.expires == expires)
            try await EchoService.with(server) { _ = try await $0.visit(try TestCertificates.client()) }
        }
        copy("\(all)/server.key", to: files.key, mode: 0o644)
        copy("\(all)/server.crt", to: files.certificate, mode: 0o644)
        _ = server.refresh()
        chmod(files.key ?? "", 0o600)
        #expect(server.refresh() == .renewed)
    }

    @Test("New files that could not be read for want of a descriptor are read later, unchanged")
    func passing() async throws {
        await #expect(processExitsWith: .success) {
            let tests = try FilesTests()
            tests.install("server")
            let server = try TLSServer(files: tests.files, clients: .none)
            tests.install("server-renewed")
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            var none = rlimit(rlim_cur: 0, rlim_max: limit.rlim_max)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none)
            let results = [server.refresh(), server.refresh()]
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            guard case .kept(let error) = results[0] else { fatalError("not refused") }
            #expect(error.message.contains("Too many open files"))
            #expect(results[1] == .unchanged, "it is told once")
            #expect(server.refresh() == .renewed)
            #expect(server.refresh() == .unchanged)
        }
    }

    @Test("Authorities that are exchanged decide who comes in from then on; those who are in stay")
    func authorities() async throws {
        let all = try TestCertificates.folder()
        var files = try TestCertificates.files("server")
        files.authorities = "\(temporary.path)/monitors.crt"
        copy("\(all)/authority.crt", to: files.authorities, mode: 0o644)
        let server = try TLSServer(files: files, clients: .required)
        let (first, second) = (try TestCertificates.client("client"), try TestCertificates.client("client-foreign"))
        try await EchoService.with(server) { service in
            try await withConnection(to: service.endpoint, security: first, timeout: .seconds(20)) { old in
                await #expect(throws: (any Error).self) { try await service.visit(second) }
                copy("\(all)/foreign.crt", to: "\(temporary.path)/new", mode: 0o644)
                rename("\(temporary.path)/new", files.authorities ?? "")
                #expect(server.refresh() == .renewed)
                try await service.visit(second)
                await #expect(throws: (any Error).self) { try await service.visit(first) }
                try await EchoService.exchange("still here", over: old)
            }
            try await service.waitForEnds(4)
            #expect(service.peers.value.count == 2)
            #expect(service.errors.value.count == 2)
        }
    }

    @Test("Files behind a link that is exchanged, as Kubernetes does, are read again")
    func linked() throws {
        let path = temporary.path
        for (version, name) in [("1", "server"), ("2", "server-renewed")] {
            mkdir("\(path)/\(version)", 0o700)
            install(name, in: "\(path)/\(version)")
        }
        symlink("1", "\(path)/..data")
        symlink("..data/tls.crt", "\(path)/tls.crt")
        symlink("..data/tls.key", "\(path)/tls.key")
        let server = try TLSServer(files: files, clients: .none)
        let before = server.expires
        symlink("2", "\(path)/..new")
        rename("\(path)/..new", "\(path)/..data")
        #expect(server.refresh() == .renewed)
        #expect(server.expires > before)
    }

    @Test("A monitor takes its new certificate for its next connection")
    func client() async throws {
        install("client-expired")
        var files = files
        files.authorities = "\(try TestCertificates.folder())/authority.crt"
        let client = try TLSClient(files: files, serverName: "localhost")
        try await EchoService.with(try TestCertificates.server(clients: .required)) { service in
            await #expect(throws: (any Error).self) { try await service.visit(client) }
            install("client-common-name")
            try await service.visit(client)
            #expect(service.peers.value.first??.certificate?.names == ["bob"])
        }
    }

    @Test("Whoever watches the files is told of each change until cancelled")
    func watch() async throws {
        install("server")
        let server = try TLSServer(files: files, clients: .none)
        let told = Shared<[TLSRefresh]>([])
        let (renewed, kept) = (Doorbell(), Doorbell())
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await server.watch(every: .milliseconds(5)) { result in
                    told.change { $0.append(result) }
                    if result == .renewed { renewed.ring() } else { kept.ring() }
                }
            }
            // The certificate last: in between it does not fit, which is told as well.
            install("server-renewed")
            await renewed.wait()
            unlink(files.key ?? "")
            await kept.wait()
            group.cancelAll()
        }
        #expect(told.value.contains(.renewed))
    }

    /// Puts a certificate and its key in place of those that are there, by rename.
    private func install(_ name: String, in folder: String? = nil) {
        let folder = folder ?? temporary.path
        guard let all = try? TestCertificates.folder() else { return }
        for kind in ["key", "crt"] {
            copy("\(all)/\(name).\(kind)", to: "\(folder)/new", mode: 0o600)
            rename("\(folder)/new", "\(folder)/tls.\(kind)")
        }
    }
}

private func copy(_ source: String?, to target: String?, mode: mode_t) {
    guard let source, let target else { return }
    unlink(target)
    #expect(system("cat '\(source)' > '\(target)'") == 0)
    chmod(target, mode)
}
#endif
