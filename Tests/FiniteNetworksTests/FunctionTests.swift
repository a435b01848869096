import Architectures
import Foundation
import Testing

@testable import FiniteNetworks

struct FunctionTests {
    static let smooth: [Nonlinearity] = [
        .erf(a: 0.7, b: 1.3, c: 0.2), .sigmoidLike, .gelu, .sin(a: 1.1, b: 0.8, c: 0.3), .cos(a: 0.9, b: 1.2, c: -0.4), .rbf(gamma: 0.7),
        .exp(a: 0.5, b: 0.6), .gaussian(a: 1.2, b: -0.4), .gabor, .monomial(degree: 0), .monomial(degree: 1), .monomial(degree: 4),
        .polynomial(coefficients: [0.3, -1, 0.5, 0.25]), .hermite(degree: 0), .hermite(degree: 1), .hermite(degree: 5), .tanh, .sigmoid,
        .softplus, .silu, .mish,
    ]
    static let kinked: [Nonlinearity] = [
        .abRelu(a: 0, b: 1), .abRelu(a: 0.1, b: 1), .abRelu(a: -1, b: 1), .abRelu(a: 0.3, b: 0.9), .sign, .rectifiedMonomial(degree: 0),
        .rectifiedMonomial(degree: 1), .rectifiedMonomial(degree: 3), .elu(alpha: 0.7), .selu, .hardTanh,
    ]

    /// Central differences of φ and φ' at points that are away from the kinks at 0 and ±1.
    @Test(arguments: smooth + kinked)
    func derivativesMatchFiniteDifferences(_ nonlinearity: Nonlinearity) throws {
        let function = try #require(ElementwiseFunction(nonlinearity))
        let step = 1e-5
        for x in [-2.7, -1.3, -0.6, -0.11, 0.17, 0.8, 1.4, 2.9] {
            let (below, at, above) = (function.jet(at: x - step), function.jet(at: x), function.jet(at: x + step))
            let scale = 1 + abs(at.value) + abs(at.first) + abs(at.second)
            #expect(abs((above.value - below.value) / (2 * step) - at.first) < 1e-8 * scale, "\(nonlinearity) at \(x)")
            #expect(abs((above.first - below.first) / (2 * step) - at.second) < 1e-8 * scale, "\(nonlinearity) at \(x)")
        }
    }

    @Test func valuesAreTheDocuments() throws {
        func value(_ nonlinearity: Nonlinearity, _ x: Double) throws -> Double {
            try #require(ElementwiseFunction(nonlinearity)).jet(at: x).value
        }
        #expect(try value(.abRelu(a: -1, b: 1), -2.5) == 2.5)
        #expect(try value(.abRelu(a: 0.3, b: 0.9), -2) == -0.6)
        #expect(try value(.sign, -0.1) == -1)
        #expect(try value(.rectifiedMonomial(degree: 0), 0) == 1)
        #expect(abs(try value(.hermite(degree: 3), 2) - (8 - 6) / 6.0.squareRoot()) < 1e-15)
        #expect(abs(try value(.rbf(gamma: 0.5), 0) - 1) < 1e-15)
        #expect(abs(try value(.mish, 1) - tanh(log(1 + M_E))) < 1e-15)
        #expect(abs(try value(.gelu, 1) - 0.8413447460685429) < 1e-15)
        #expect(abs(try value(.sigmoidLike, 0) - 0.5) < 1e-16)
        #expect(try value(.hardTanh, 3) == 1)
        #expect(abs(try value(.gaussian(a: 2, b: -1), 2) - 2 * exp(-4)) < 1e-16)
        #expect(abs(try value(.cos(a: 2, b: 3, c: 0.1), 0.5) - 2 * cos(1.6)) < 1e-15)
    }

    /// No value overflows into a number that is not one where φ itself is finite.
    @Test(arguments: [Nonlinearity.tanh, .sigmoid, .softplus, .silu, .mish, .gelu, .erf(a: 1, b: 1, c: 0), .elu(alpha: 1), .gaussian(a: 1, b: -1), .gabor])
    func largeArgumentsStayFinite(_ nonlinearity: Nonlinearity) throws {
        let function = try #require(ElementwiseFunction(nonlinearity))
        for x in [-1e200, -1e4, -800, 800, 1e4, 1e200] {
            let jet = function.jet(at: x)
            #expect(jet.value.isFinite && jet.first.isFinite && jet.second.isFinite, "\(nonlinearity) at \(x): \(jet)")
        }
    }

    @Test func aKernelWithoutAFunctionHasNone() {
        #expect(ElementwiseFunction(.expNormalized(gamma: 1, shift: -1)) == nil)
    }
}
