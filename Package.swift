// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

/// A module of ours: Swift 6 mode, warnings are errors.
func module(_ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict + settings)
}

/// Exclusive access to the properties of a connection is checked in debug builds, in which the tests run; the release build
/// takes it as given, which spares each request several thousand instructions. Every connection is confined to its loop.
let uncheckedExclusivity = SwiftSetting.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies,
        resources: resources, swiftSettings: strict)
}

let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "tangent",
    products: [.executable(name: "tangent", targets: ["tangent"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C: shims for macros and missing imports, system libraries, and the inner loops.
        .target(name: "CLinux"),
        .target(name: "CNumberText", cxxSettings: [.unsafeFlags(["-O2"])]),
        .target(name: "CResources", cSettings: [.unsafeFlags(["-std=c23"])]),
        .target(name: "CTangentSIMD", cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-fno-trapping-math"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // Text, documents and files of numbers.
        module("NumberText", ["CNumberText"]),
        module("JSON", ["NumberText"]),
        module("Arrays", ["NumberText", "CZlib"]),

        // The mathematics.
        module("LinearAlgebra", ["COpenBLAS", "CTangentSIMD"]),
        module("Architectures", ["JSON"]),
        module("InfiniteNetworks", ["Architectures", "JSON", "LinearAlgebra", "CTangentSIMD"]),
        module("Dynamics", ["Architectures", "Arrays", "InfiniteNetworks", "LinearAlgebra"]),
        module("FiniteNetworks", ["Architectures", "Arrays", "JSON", "LinearAlgebra", "COpenBLAS", "CTangentSIMD"]),

        module("Plots"),

        // The service.
        module("HTTPServer", ["CLinux", httpTypes], settings: [uncheckedExclusivity]),
        module("Jobs", ["CLinux", "COpenSSL", "JSON", grdb, logging]),
        module("Service", [
            "Architectures", "Arrays", "CResources", "Dynamics", "FiniteNetworks", "HTTPServer", "InfiniteNetworks", "JSON", "Jobs", "LinearAlgebra", "Plots",
            httpTypes, logging, yams,
        ]),
        .executableTarget(
            name: "tangent", dependencies: ["Service", "Jobs", "HTTPServer", "JSON", "LinearAlgebra", arguments, logging], swiftSettings: strict),

        .executableTarget(
            name: "kernel-benchmark", dependencies: ["InfiniteNetworks", "LinearAlgebra", "COpenBLAS"],
            path: "Benchmarks/kernels", swiftSettings: strict),

        .executableTarget(
            name: "predictions-benchmark", dependencies: ["Dynamics", "LinearAlgebra", "COpenBLAS"],
            path: "Benchmarks/predictions", swiftSettings: strict),

        .executableTarget(
            name: "spatial-benchmark", dependencies: ["Architectures", "InfiniteNetworks", "LinearAlgebra"],
            path: "Benchmarks/spatial", swiftSettings: strict),

        .executableTarget(
            name: "training-benchmark", dependencies: ["Architectures", "FiniteNetworks", "JSON", "LinearAlgebra"],
            path: "Benchmarks/training", swiftSettings: strict),

        .executableTarget(
            name: "empirical-benchmark", dependencies: ["Architectures", "FiniteNetworks", "JSON", "LinearAlgebra"],
            path: "Benchmarks/empirical", swiftSettings: strict),

        .executableTarget(name: "json-benchmark", dependencies: ["JSON"], path: "Benchmarks/json", swiftSettings: strict),

        tests("NumberText"),
        tests("JSON"),
        tests("Arrays"),
        tests("LinearAlgebra"),
        tests("Architectures", ["JSON"]),
        tests("InfiniteNetworks", ["Architectures", "JSON", "LinearAlgebra"], resources: [.copy("Fixtures")]),
        tests("Dynamics", ["Architectures", "FiniteNetworks", "InfiniteNetworks", "JSON", "LinearAlgebra"], resources: [.copy("Fixtures")]),
        tests("FiniteNetworks", ["Architectures", "InfiniteNetworks", "JSON", "LinearAlgebra"], resources: [.copy("Fixtures")]),
        tests("Plots"),
        tests("HTTPServer", ["CLinux"]),
        tests("Jobs"),
        tests("Service", ["Architectures", "FiniteNetworks", "HTTPServer", "JSON", "Arrays", "Jobs", "Plots"]),
    ]
)
