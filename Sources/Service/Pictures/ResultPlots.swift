import Arrays
import JSON
import Jobs
import Plots

/// The ready-made figures of a result. They are drawn when somebody looks, from what the result holds, and kept nowhere.
struct ResultPlots {
    struct Plot {
        let name: String
        let figure: () throws -> Figure
    }

    let plots: [Plot]

    /// - Parameter document: The result's document, as the worker wrote it.
    /// - Parameter dataset: Finds the datasets that the request names; only figures look, not their names.
    init(
        _ document: JSONValue, kind: String, arrays: [ResultArray], blobs: BlobStore, dataset: @escaping (String) throws -> Dataset? = { _ in nil }
    ) {
        let stored = StoredArrays(arrays: arrays, blobs: blobs)
        plots =
            switch kind {
            case "trainings", "experiments.width_scaling": TrainingFigures(document).plots
            case "flows.field": FieldFigures(document, arrays: arrays, blobs: blobs).plots
            case "analyses.influence": InfluenceFigures(document, arrays: arrays, blobs: blobs).plots
            case "analyses.kernel": GeometryFigures(document, arrays: arrays, blobs: blobs).plots
            case "analyses.phase": PhaseFigures(document, arrays: arrays, blobs: blobs).plots
            case "kernels", "kernels.nngp", "kernels.ntk", "kernels.graph", "kernels.empirical": KernelFigures(document, arrays: arrays, blobs: blobs).plots
            case "samples": SampleFigures(document, arrays: stored).plots
            case "predictions":
                PredictionFigures(
                    document: document, arrays: stored, rows: RequestRows(request: document["request"] ?? .null, blobs: blobs, dataset: dataset)
                ).plots
            case "linearizations": LinearizationFigures(document).plots
            case "flows.outputs": FlowFigures(document: document, arrays: stored).plots
            default: []
            }
    }

    /// What the result's document says about them.
    func json(jobID: String) -> JSONValue {
        .object(JSONObject(plots.map { (name: $0.name, value: ["href": .string("/jobs/\(jobID)/plots/\($0.name)")]) }))
    }

    subscript(name: String) -> Plot? { plots.first { $0.name == name } }
}

extension MappedArray {
    /// All elements, whichever their type.
    var doubles: [Double] {
        if let values = elements(as: Double.self) { return Array(values) }
        return elements(as: Float.self).map { $0.map(Double.init) } ?? []
    }
}
