@testable import LinearAlgebra
import Testing

struct BLASKernelTests {
    /// "Prescott" is what OpenBLAS falls back on for processors that its table does not hold.
    @Test(arguments: [("Prescott", 4, "SkylakeX"), ("prescott", 3, "Haswell"), ("Nehalem", 4, "SkylakeX"), ("SANDYBRIDGE", 3, "Haswell")])
    func oldKernelsGiveWay(name: String, level: Int, better: String) {
        #expect(BLASKernels.better(than: name, level: level) == better)
    }

    @Test(arguments: [("SkylakeX", 4), ("Cooperlake", 4), ("Zen", 3), ("Zen", 4), ("Haswell", 3), ("Prescott", 1), ("neoversen1", 0), ("unknown", 4)])
    func othersStay(name: String, level: Int) {
        #expect(BLASKernels.better(than: name, level: level) == nil)
    }

    @Test func kernelsHaveAName() {
        #expect(!BLASKernels.name.isEmpty)
    }
}
