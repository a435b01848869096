/// What a job will take, told before it starts.
public struct SpatialForecast: Sendable, Equatable {
    /// Bytes beside inputs and results.
    public let workingBytes: Double
    /// Pairs of positions times layers times pairs of inputs: the unit that time is proportional to. On offset planes one
    /// costs 1 to 2 nanoseconds of a core in float32 with AVX2 and 4 in float64, elsewhere tens of nanoseconds.
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
        let inputs = images * Double(inputDimension) * 8
        if let planes {
            return SpatialForecast(
                workingBytes: inputs + planes.workingBytes(images: images, bytesPerElement: Double(bytesPerElement), threads: threads),
                elements: pairs * planes.elements)
        }
        let extent = Double(largestExtent)
        let perPair = needsAllPairs ? extent * extent : extent
        let elements = pairs * perPair * Double(stepCount)
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

extension PlanePlan {
    /// Elements of planes that a pair goes through, all layers together.
    fileprivate var elements: Double {
        zip(segments, offsets).reduce(0) { sum, segment in
            segment.0.layers.reduce(sum) { $0 + Double(segment.1.count) * Double($1.output.count) }
        }
    }

    /// Tables of the images, as far as they are kept (in one precision and, where its range is too small, in another); what joins
    /// leave of each image; tables, planes and scratch of each thread. It grows with the images.
    fileprivate func workingBytes(images: Double, bytesPerElement: Double, threads: Int) -> Double {
        let table = Double(tableSize) * bytesPerElement
        let (all, budget) = (images * table, 2 * Double(PlaneTables<Double>.budget))
        // A tile has the tables of its columns, and one of its rows; the worker one that is rotated.
        let perTile = all > budget ? 65 * table : 0
        let joined = zip(segments, offsets).dropFirst()
        let left = joined.reduce(0) { $0 + Double($1.0.input.count) } * (8 + bytesPerElement)
        let planes = joined.reduce(0) { $0 + 2 * Double($1.0.input.count) * Double($1.1.count) }
        // Whole vectors are longer in float32, and the precision may change.
        let scratch = segments.reduce(0) {
            $0 + Double(usesSlabs ? max(Float.slabSize($1.input), Double.slabSize($1.input)) : $1.scratchSize)
        }
        return min(all, budget) + images * left + Double(threads) * (perTile + 2 * table + (planes + scratch) * bytesPerElement)
    }
}
