/// What a job will take, told before it starts.
public struct SpatialForecast: Sendable, Equatable {
    /// Bytes beside inputs and results.
    public let workingBytes: Double
    /// Pairs of positions times layers times pairs of inputs: the unit that time is proportional to. On offset planes one
    /// costs about 1.5 nanoseconds of a core in float32 with AVX2 and 4 in float64, elsewhere tens of nanoseconds.
    public let elements: Double
}

extension SpatialNetwork {
    /// - Parameters:
    ///   - rows, columns: of the kernel; `columns` nil: symmetric.
    ///   - bytesPerElement: 4 or 8.
    public func forecast(rows: Int, columns: Int? = nil, bytesPerElement: Int, threads: Int) -> SpatialForecast {
        let (n, m) = (Double(rows), Double(columns ?? rows))
        let images = columns == nil ? n : n + m
        let pairs = columns == nil ? n * (n + 1) / 2 : n * m + n + m
        let extent = Double(largestExtent)
        let perPair = needsAllPairs ? extent * extent : extent
        let inputs = images * Double(inputDimension) * 8
        let elements = pairs * perPair * Double(stepCount)
        if let planes {
            let table = Double((3 * planes.layers.count + planes.shape.channels) * planes.shape.positions * bytesPerElement)
            let kept = images * table
            let limit = Double(PlaneTables<Double>.budget)
            let tables = kept <= 2 * limit ? kept : Double(threads) * 128 * table
            return SpatialForecast(workingBytes: inputs + tables + Double(threads) * 2 * table, elements: elements)
        }
        // Two arrays of a pair, as many for the sums of the next layer, and covariances beside them; branches keep their own.
        let arrays = 6 + 2 * Double(widestParallel)
        let profiles = images * extent * Double(stepCount) * 8
        return SpatialForecast(
            workingBytes: inputs + profiles + Double(threads) * arrays * perPair * 8, elements: elements)
    }

    private var widestParallel: Int { Self.widest(steps) }

    /// Copies of a pair's state that live at once within parallel layers.
    private static func widest(_ steps: [SpatialStep]) -> Int {
        steps.reduce(0) { widest, step in
            guard case .parallel(let branches, _, _) = step.kind else { return widest }
            return max(widest, branches.count + 1 + (branches.map(Self.widest).max() ?? 0))
        }
    }
}
