import Foundation
import Testing

@testable import Arrays

@Suite struct RandomTests {
    /// The known answers of Random123, the library of the paper's authors (kat_vectors, philox4x32 10).
    @Test func philoxGivesTheKnownAnswers() {
        #expect(CounterRandom.philox(counter: SIMD4(repeating: 0), key: SIMD2(repeating: 0)) == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
        #expect(CounterRandom.philox(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max)) == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
        #expect(
            CounterRandom.philox(counter: SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), key: SIMD2(0xA409_3822, 0x299F_31D0))
                == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
    }

    @Test func seedStreamAndIndexEnterAsWordsOfTheCipher() {
        let random = CounterRandom(seed: 0x299F_31D0_A409_3822, stream: 0x0370_7344_1319_8A2E)
        #expect(random.block(at: 0x85A3_08D3_243F_6A88) == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
        let zero = CounterRandom(seed: 0)
        #expect(zero.bits(at: 0) == 0xE169_C58D_6627_E8D5)
        #expect(zero.bits(at: 1) == 0x9B00_DBD8_BC57_AC4C)
        #expect(zero.uniform(at: 0) == (Double(0xE169_C58D_6627_E as UInt64) + 0.5) / 0x1p52)
    }

    /// 20-digit values of mpmath's sqrt(2) * erfinv(2 p - 1).
    @Test(arguments: [
        (0.5, 0.0), (0.25, -0.6744897501960817), (0.6, 0.2533471031357997),
        (0.075, -1.439531470938456), (0.0749, -1.4402382675279637), (0.975, 1.9599639845400538),
        (0.001, -3.0902323061678136), (0.9999, 3.7190164854557084), (1e-10, -6.361340902404057),
        (1.4e-11, -6.656723091518184), (1e-15, -7.941345326170997), (1.1102230246251565e-16, -8.209536151601387),
    ])
    func normalQuantiles(_ p: Double, _ x: Double) {
        #expect((NormalQuantile.value(at: p) - x).magnitude <= 2e-15 * max(0.1, x.magnitude))
    }

    @Test func normalsHaveTheMomentsOfTheNormalDistribution() {
        let random = CounterRandom(seed: 7, stream: 3)
        let n = 100_000
        var sums = [0.0, 0, 0, 0]
        for index in 0..<n {
            let x = random.normal(at: UInt64(index))
            for power in 0..<4 { sums[power] += pow(x, Double(power + 1)) / Double(n) }
        }
        // Five standard errors of each moment: sqrt(1, 2, 15, 96 / n).
        for (moment, (expected, variance)) in zip(sums, [(0.0, 1.0), (1, 2), (0, 15), (3, 96)]) {
            #expect((moment - expected).magnitude < 5 * (variance / Double(n)).squareRoot())
        }
    }

    @Test func elementaryFunctionsAgreeWithTheLibrary() {
        let seed = freshSeed()
        var random = SeededGenerator(state: seed)
        for _ in 0..<20_000 {
            let x = Double.random(in: 0x1p-53...1, using: &random)
            #expect((PortableMath.log(x) - log(x)).magnitude <= 3 * log(x).ulp, "seed \(seed): log \(x)")
            let turns = Double.random(in: -0.5...0.5, using: &random)
            let (cosine, sine) = PortableMath.circle(turns: turns)
            #expect((cosine - cos(2 * .pi * turns)).magnitude < 1e-15, "seed \(seed): cos \(turns) turns")
            #expect((sine - sin(2 * .pi * turns)).magnitude < 1e-15, "seed \(seed): sin \(turns) turns")
        }
        #expect(PortableMath.circle(turns: 0.25) == (0, 1))
        #expect(PortableMath.circle(turns: 0.5) == (-1, 0))
    }
}

@Suite struct DatasetGeneratorTests {
    private func make(_ generator: DatasetGenerator) throws -> (x: [Double], y: [Double]) {
        let folder = try Folder()
        try generator.write(inputs: folder.file("x"), targets: folder.file("y"))
        let (x, y) = (try float64(folder.file("x")), try float64(folder.file("y")))
        #expect(x.shape == [generator.rows, generator.features])
        #expect(y.shape == [generator.rows, 1])
        return (x.values, y.values)
    }

    @Test func theTwoPointsOfThePost() throws {
        let (x, y) = try make(DatasetGenerator(.twoPoints, rows: nil))
        #expect(x == [-3, 0.5])
        #expect(y == [2, -1])
    }

    /// Bits that must never change: a stored request gives the same data on every machine and in every version.
    @Test func theBitsAreFixed() throws {
        let known: [(DatasetGenerator.Kind, UInt64)] = [
            (.gaussian, 12_521_667_424_169_287_891), (.sphere, 8_447_446_864_621_490_128), (.sine, 5_146_023_469_530_366_611),
            (.circle, 14_226_622_390_893_859_480),
        ]
        for (kind, expected) in known {
            let (x, y) = try make(DatasetGenerator(kind, rows: 50, features: kind == .circle ? 2 : 3, seed: 42, noise: 0.1))
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for byte in littleEndian(x + y) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            #expect(hash == expected)
        }
    }

    /// Computed apart from this code: Philox in Python's integers, quantiles by Python's statistics.NormalDist.
    @Test func theValuesAreThoseOfTheDefinition() throws {
        let (x, y) = try make(DatasetGenerator(.gaussian, rows: 2, features: 3, seed: 42, noise: 0.1))
        let expected = [
            -0.07882346885253179, -0.41011294279565147, -0.4480366278979277, -0.11476523741853367, 0.4078702358053096, 0.7507043067685636,
            -0.6922340399053324, 1.2915672341809028,
        ]
        for (value, known) in zip(x + y, expected) { #expect((value - known).magnitude < 1e-14) }
        let sine = try make(DatasetGenerator(.sine, rows: 3, seed: 42))
        for (value, known) in zip(sine.x, [-0.19737672641909065, -0.9998963747103683, -1.0865928222962093]) {
            #expect((value - known).magnitude < 1e-14)
        }
    }

    @Test func moreRowsBeginWithTheSameRows() throws {
        let few = try make(DatasetGenerator(.gaussian, rows: 5, features: 3, seed: 1, noise: 1))
        let many = try make(DatasetGenerator(.gaussian, rows: 9, features: 3, seed: 1, noise: 1))
        #expect(Array(many.x[..<15]) == few.x)
        #expect(Array(many.y[..<5]) == few.y)
        #expect(try make(DatasetGenerator(.gaussian, rows: 5, features: 3, seed: 2, noise: 1)).x != few.x)
    }

    @Test func everyKindIsWhatItSays() throws {
        let sphere = try make(DatasetGenerator(.sphere, rows: 40, features: 5, seed: 3))
        for i in 0..<40 {
            #expect((sphere.x[i * 5..<i * 5 + 5].reduce(0) { $0 + $1 * $1 } - 1).magnitude < 1e-15)
        }
        let sine = try make(DatasetGenerator(.sine, rows: 40, features: 2, seed: 3))
        for i in 0..<40 {
            #expect((sine.y[i] - (sin(sine.x[2 * i]) + sin(sine.x[2 * i + 1])) / 2).magnitude < 1e-15)
            #expect(sine.x[i].magnitude <= .pi)
        }
        let circle = try make(DatasetGenerator(.circle, rows: 8))
        for i in 0..<8 {
            #expect((circle.x[2 * i] - cos(2 * .pi * Double(i) / 8)).magnitude < 1e-15)
            #expect(circle.y[i] == circle.x[2 * i] * circle.x[2 * i + 1])
        }
        // Without noise a linear teacher of one weight is the quotient of every target and its input.
        let teacher = try make(DatasetGenerator(.gaussian, rows: 3, features: 1, seed: 9))
        #expect((teacher.y[0] / teacher.x[0] - teacher.y[1] / teacher.x[1]).magnitude < 1e-14)
    }

    @Test func refusesNumbersThatAKindLacks() {
        expectRefusal(.invalidValue, "0 rows") { _ = try DatasetGenerator(.gaussian, rows: 0) }
        expectRefusal(.invalidValue, "at least 1") { _ = try DatasetGenerator(.gaussian, rows: nil) }
        expectRefusal(.invalidValue, "at least 1") { _ = try DatasetGenerator(.sine, rows: 5, features: 0) }
        expectRefusal(.invalidValue, "at least 2") { _ = try DatasetGenerator(.sphere, rows: 5, features: 1) }
        expectRefusal(.invalidValue, "2 features") { _ = try DatasetGenerator(.circle, rows: 5, features: 3) }
        expectRefusal(.invalidValue, "2 rows") { _ = try DatasetGenerator(.twoPoints, rows: 3) }
        expectRefusal(.invalidValue, "no noise") { _ = try DatasetGenerator(.twoPoints, rows: 2, noise: 0.1) }
        expectRefusal(.invalidValue, "noise") { _ = try DatasetGenerator(.gaussian, rows: 2, noise: -1) }
        expectRefusal(.invalidValue, "noise") { _ = try DatasetGenerator(.gaussian, rows: 2, noise: .nan) }
        expectRefusal(.tooLarge) { _ = try DatasetGenerator(.gaussian, rows: .max, features: .max) }
    }
}
