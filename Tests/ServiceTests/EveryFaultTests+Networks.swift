import JSON
import Testing

@testable import Service

/// Faults of architectures beside those of what is held against their networks.
extension EveryFaultTests {
    @Test func rowsWithBadNumbersHaveAShape() throws {
        let pooled = #""architecture": {"layers": ["global_avg_pool", "dense", {"type": "conv", "filter": [1]}]}"#
        try expect("kernels.ntk", #"{\#(pooled), "x1": [[1, "a"], [3, null]]}"#, ["/architecture/layers/0", "/architecture/layers/2/filter", "/x1/0/1", "/x1/1/1"])
        // Of rows that differ there is none.
        try expect("kernels.ntk", #"{\#(pooled), "x1": [[1, "a"], [[3]]]}"#, ["/architecture/layers/2/filter", "/x1/0/1", "/x1/1"])
    }

    @Test func aFaultyExtentLeavesTheNumberOfAxes() throws {
        let layers = #""architecture": {"layers": [{"type": "conv", "filter": [3]}, "flatten"]}"#
        try expect("kernels.ntk", #"{\#(layers), "x1": [[1, 2]], "input_shape": [4, 0, 1]}"#, ["/architecture/layers/0/filter", "/input_shape/1"])
    }

    /// What is held against a network needs its shapes, not its scales.
    @Test func aFaultyArchitectureHasOutputsAndParameters() throws {
        let training = #""x": [[1], [2]], "y": [[1, 2], [1, 2]], "x_test": [[1]], "y_test": [1], \#(descent)"#
        for (architecture, place) in [
            (#"{"layers": [{"type": "dense", "width": 1}], "foo": 1}"#, "/foo"),
            (#"{"layers": [{"type": "dense", "width": 2, "weight_std": -1}, "relu", {"type": "dense", "width": 1}]}"#, "/layers/0/weight_std"),
            (#"{"layers": [{"type": "dense", "width": 2}, "tahn", {"type": "dense", "width": 1}]}"#, "/layers/1"),
        ] {
            try expect("trainings", #"{"architecture": \#(architecture), \#(training)}"#, ["/architecture\(place)", "/y"])
        }
        let network = #""architecture": {"layers": [{"type": "dense", "width": 2, "weight_std": -1}]}"#
        try expect("kernels.empirical", #"{\#(network), "x1": [[1, 2]], "vectors": [[1, 2, 3]]}"#, ["/architecture/layers/0/weight_std", "/vectors"])
        // Whether there are biases hangs on their scale, and how many layers on the repetitions.
        for layers in [#"{"type": "dense", "width": 2, "bias_std": -1}"#, #"{"type": "repeat", "times": 0, "layers": [{"type": "dense", "width": 2}]}"#] {
            let place = layers.contains("times") ? "times" : "bias_std"
            try expect(
                "kernels.empirical", #"{"architecture": {"layers": [\#(layers)]}, "x1": [[1, 2]], "parameters": []}"#, ["/architecture/layers/0/\(place)"])
        }
    }
}
