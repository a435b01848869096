import Architectures
import Foundation
import JSON
import Testing

@testable import FiniteNetworks

/// The network of a document; a fault fails the test with its text.
func network(_ text: String, inputShape: [Int], sourceLocation: SourceLocation = #_sourceLocation) throws -> FiniteNetwork {
    let faults = Faults()
    let architecture = ArchitectureParser.parse(try JSONParser.parse(text), faults: faults)
    let network = architecture.flatMap { FiniteNetwork($0, inputShape: inputShape, faults: faults) }
    try #require(faults.isEmpty, "\(faults.all)", sourceLocation: sourceLocation)
    return try #require(network, sourceLocation: sourceLocation)
}

/// A few numbers that look random and are the same everywhere.
func numbers(_ count: Int, seed: Int = 1) -> [Double] {
    var generator = SeededGenerator(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1)
    return (0..<count).map { _ in Double.random(in: -1...1, using: &generator) }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension NetworkTape where Scalar == Double {
    func outputs(_ parameters: [Double], _ x: [Double]) -> [Double] {
        forward(parameters, x, count: x.count / network.inputCount)
        return Array(UnsafeBufferPointer(start: outputs, count: count * network.outputCount))
    }

    func tangents(_ parameters: [Double], _ direction: [Double]) -> (first: [Double], second: [Double]) {
        let (first, second) = pushForward(parameters, along: direction, curvature: true)
        let size = count * network.outputCount
        return (Array(UnsafeBufferPointer(start: first, count: size)), second.map { Array(UnsafeBufferPointer(start: $0, count: size)) } ?? [])
    }

    func gradient(_ parameters: [Double], _ delta: [Double]) -> [Double] {
        var gradient = [Double](repeating: 0, count: parameters.count)
        backward(parameters, outputDelta: delta, gradient: &gradient)
        return gradient
    }
}

func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
func minus(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 - $1 } }
func moved(_ w: [Double], _ v: [Double], by step: Double) -> [Double] { zip(w, v).map { $0 + step * $1 } }
