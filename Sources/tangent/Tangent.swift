import ArgumentParser
import LinearAlgebra
import Service

@main
struct Tangent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tangent",
        abstract: "The theory of wide neural networks as an HTTP service.",
        discussion: "Every option can also be set in the environment: --data-dir is TANGENT_DATA_DIR, and so on.",
        version: Version.text,
        subcommands: [Serve.self, Work.self, Healthcheck.self, VersionCommand.self])

    static func main() {
        // The server computes nothing itself, so it need not start over: its workers inherit what it finds. A worker that was
        // started by hand has to. A health check has no time to lose.
        switch CommandLine.arguments.dropFirst().first {
        case "serve": BLASKernels.chooseForChildren()
        case "work": BLASKernels.restartIfOutdated()
        default: break
        }
        main(nil)
    }
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() { print("tangent \(Version.text)") }
}
