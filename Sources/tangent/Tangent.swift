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
        // Only processes that compute: a health check has no time to lose, and workers inherit what the server found.
        if let command = CommandLine.arguments.dropFirst().first, command == "serve" || command == "work" {
            BLASKernels.restartIfOutdated()
        }
        main(nil)
    }
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() { print("tangent \(Version.text)") }
}
