import Dynamics
import Foundation
import Testing

@Suite("Vector fields and gradient flow in the plane")
struct FieldTests {
    static let quadratic = Quadratic(a: 2, b: 0.6, d: 0.5, center: SIMD2(0.3, -0.2))
    static let fields: [ScalarField] = [.cosineBowl, .quadratic(quadratic), .rosenbrock, .himmelblau]

    @Test("gradients are the slopes of the values", arguments: fields)
    func gradients(_ field: ScalarField) {
        let h = 1e-5
        for point in [SIMD2(0.4, -0.7), SIMD2(1.3, 2.1), SIMD2(-1.9, 0.2)] {
            let gradient = field.gradient(at: point)
            let dx = (field.value(at: point + SIMD2(h, 0)) - field.value(at: point - SIMD2(h, 0))) / (2 * h)
            let dy = (field.value(at: point + SIMD2(0, h)) - field.value(at: point - SIMD2(0, h))) / (2 * h)
            let scale = 1 + abs(gradient.x) + abs(gradient.y)
            #expect(abs(gradient.x - dx) < 1e-7 * scale && abs(gradient.y - dy) < 1e-7 * scale, "\(point): \(gradient)")
        }
    }

    @Test("the cosine bowl has its minima at multiples of π and its maxima halfway")
    func bowl() {
        for (i, j) in [(0, 0), (1, -2), (3, 1)] {
            let minimum = SIMD2(Double(i) * .pi, Double(j) * .pi)
            #expect(abs(ScalarField.cosineBowl.value(at: minimum) + 4) < 1e-14)
            #expect(abs(ScalarField.cosineBowl.value(at: minimum + SIMD2(.pi / 2, .pi / 2))) < 1e-28)
        }
        #expect(ScalarField.himmelblau.value(at: SIMD2(3, 2)) == 0 && ScalarField.rosenbrock.value(at: SIMD2(1, 1)) == 0)
    }

    @Test("a grid holds its corners and runs through x first")
    func grid() {
        let grid = FieldGrid(x: .init(from: -1, to: 1, count: 3), y: .init(from: 2, to: 4, count: 2))
        #expect((0..<grid.count).map { grid[$0] } == [SIMD2(-1, 2), SIMD2(0, 2), SIMD2(1, 2), SIMD2(-1, 4), SIMD2(0, 4), SIMD2(1, 4)])
    }

    @Test("the flow of a quadratic solves its own equation and composes over times")
    func exactFlow() {
        let kinds = [Self.quadratic, Quadratic(a: 1, b: 0, d: 1), Quadratic(a: 1, b: 2, d: 1), Quadratic(a: 0, b: 0, d: 0)]
        for quadratic in kinds {
            let start = SIMD2(1.5, -0.8)
            #expect(quadratic.flow(from: start, time: 0) == start)
            let halfway = quadratic.flow(from: start, time: 0.7)
            let difference = quadratic.flow(from: halfway, time: 0.4) - quadratic.flow(from: start, time: 1.1)
            #expect(abs(difference.x) + abs(difference.y) < 1e-13)
            let h = 1e-5
            let velocity = (quadratic.flow(from: start, time: 0.7 + h) - quadratic.flow(from: start, time: 0.7 - h)) / (2 * h)
            let residual = velocity + quadratic.gradient(at: halfway)
            #expect(abs(residual.x) + abs(residual.y) < 1e-8)
        }
    }

    @Test("eigenvalues have the trace and the determinant of the matrix, also where they nearly vanish")
    func eigenvalues() {
        let (smallest, largest) = Self.quadratic.eigenvalues
        #expect(abs(smallest + largest - 2.5) < 1e-15 && abs(smallest * largest - 0.64) < 1e-15)
        let stiff = Quadratic(a: 1e16, b: 0, d: 1).eigenvalues
        #expect(stiff.smallest == 1 && stiff.largest == 1e16)
        let negative = Quadratic(a: -3, b: 0, d: -1).eigenvalues
        #expect(negative.smallest == -3 && negative.largest == -1)
    }

    /// The log-log slope of an error against the step, over one time.
    private static func slope(_ error: (_ step: Double, _ steps: Int) throws -> Double) rethrows -> Double {
        let (coarse, fine) = (try error(0.05, 40), try error(0.0125, 160))
        return log(coarse / fine) / log(4)
    }

    @Test("over a fixed time Euler's error falls with the step, RK4's with its fourth power", arguments: [(Trajectory.Method.euler, 1.0), (.rk4, 4.0)])
    func order(_ method: Trajectory.Method, _ order: Double) throws {
        let start = SIMD2(1.5, -0.8)
        let exact = Self.quadratic.flow(from: start, time: 2)
        let global = try Self.slope { step, steps in
            let path = try Trajectory(of: ScalarField.quadratic(Self.quadratic), from: start, method: method, step: step, steps: steps)
            let difference = path.points[steps] - exact
            return hypot(difference.x, difference.y)
        }
        #expect(abs(global - order) < 0.15, "slope \(global)")
        let energy = try Self.slope { step, steps in
            let path = try Trajectory(of: ScalarField.quadratic(Self.quadratic), from: start, method: method, step: step, steps: steps)
            return abs(path.energyDefect)
        }
        #expect(abs(energy - order) < 0.15, "slope of the energy's defect \(energy)")
    }

    @Test("Euler's steps on a quadratic are gradient descent: c* + (I − hA)ᵏ (c₀ − c*)")
    func descent() throws {
        let path = try Trajectory(of: ScalarField.quadratic(Quadratic(a: 2, b: 0, d: 0.5)), from: SIMD2(1, -1), method: .euler, step: 0.1, steps: 30)
        #expect(abs(path.points[30].x - pow(0.8, 30)) < 1e-15 && abs(path.points[30].y + pow(0.95, 30)) < 1e-15)
    }

    @Test("small steps go down, and the energy lost is what the slopes dissipate", arguments: fields)
    func energy(_ field: ScalarField) throws {
        // The defect is of the fourth order in step times curvature, and Rosenbrock's valley has walls of curvature 1400.
        let step = field == .rosenbrock ? 2e-6 : 1e-4
        for start in [SIMD2(0.4, -0.7), SIMD2(1.2, 0.9), SIMD2(-0.6, 0.3)] {
            let path = try Trajectory(of: field, from: start, method: .rk4, step: step, steps: 5000)
            #expect(path.largestRise <= 1e-13 && abs(path.energyDefect) < 1e-9 * (1 + abs(path.values[0])), "\(path.largestRise), \(path.energyDefect)")
            #expect(path.values[5000] < path.values[0])
        }
    }

    @Test("the flow of a convex quadratic keeps the proved rates, and steps beyond the limit break them")
    func rates() throws {
        let field = ScalarField.quadratic(Self.quadratic)
        let path = try Trajectory(of: field, from: SIMD2(2, 1), method: .rk4, step: 0.01, steps: 800)
        let rates = try #require(DescentRates(of: path, on: Self.quadratic, step: 0.01))
        #expect(rates.convex <= 1 && rates.convex > 0.05 && rates.stronglyConvex <= 1 + 1e-8 && rates.stronglyConvex > 0)
        let limit = 2 / Self.quadratic.eigenvalues.largest
        let wild = try Trajectory(of: field, from: SIMD2(2, 1), method: .euler, step: 1.1 * limit, steps: 50)
        #expect(wild.largestRise > 0)
        #expect(try #require(DescentRates(of: wild, on: Self.quadratic, step: 1.1 * limit)).convex > 1)
        #expect(DescentRates(of: path, on: Quadratic(a: 1, b: 2, d: 1), step: 0.01) == nil)
    }

    @Test("a path that leaves float64 is an error with its step")
    func divergence() {
        #expect(throws: FieldError.diverged(start: SIMD2(2, 1), step: 1, steps: 4)) {
            _ = try Trajectory(of: ScalarField.rosenbrock, from: SIMD2(2, 1), method: .euler, step: 1, steps: 100)
        }
        #expect(throws: FieldError.notFinite(SIMD2(1e200, 0))) {
            _ = try Trajectory(of: ScalarField.rosenbrock, from: SIMD2(1e200, 0), method: .rk4, step: 1, steps: 1)
        }
    }
}
