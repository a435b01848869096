/// Where the channels of a value come from: runs of them, one after another.
///
/// A `flatten` lays positions and channels side by side, here with the channels inside. Libraries with channels first lay them
/// outside, and so order the rows of the next layer's weight in another way.
public struct FlattenedChannels: Sendable, Equatable {
    /// Channels that were flattened together; of those that never were, all at one position.
    struct Run: Sendable, Equatable {
        let positions: Int
        let channels: Int
        var count: Int { positions * channels }
    }

    private(set) var runs: [Run] = []

    init(positions: Int, channels: Int) { append(Run(positions: positions, channels: channels)) }

    /// One run after the other; those that were never flattened become one.
    mutating func append(_ run: Run) {
        if run.positions == 1, let last = runs.last, last.positions == 1 {
            runs[runs.count - 1] = Run(positions: 1, channels: last.channels + run.channels)
        } else {
            runs.append(run)
        }
    }

    /// Where a channel is here that is at `index` where channels are outside. O(runs).
    public func place(ofChannelsFirst index: Int) -> Int {
        var start = 0
        for run in runs {
            if index < start + run.count {
                let own = index - start
                return start + own % run.positions * run.channels + own / run.positions
            }
            start += run.count
        }
        return index
    }
}

extension FiniteNetwork {
    /// By layer with parameters: how its input was flattened.
    ///
    /// Channels come first there in images and in what convolutions and pooling make; rows of other data are flattened as they
    /// are, and a dense layer keeps its channels last.
    ///
    /// - Returns: nil where branches are summed that were flattened unlike each other, so that channels-first libraries add other
    ///   numbers to each other.
    public var flattenedInputs: [FlattenedChannels]? {
        var origins = values.map { FlattenedChannels(positions: 1, channels: $0.channels) }
        var found = layers.map { FlattenedChannels(positions: 1, channels: $0.input.channels ?? 0) }
        var isImage = [Bool](repeating: inputShape.count >= 3, count: values.count)
        var hasWindows = [Bool](repeating: false, count: values.count)
        for node in nodes {
            let first = origins[node.inputs[0]]
            isImage[node.output] = node.inputs.contains { isImage[$0] }
            hasWindows[node.output] = node.inputs.contains { hasWindows[$0] }
            switch node.operation {
            case .sum:
                let input = values[node.inputs[0]]
                guard node.inputs.allSatisfy({ origins[$0] == first }) else { return nil }
                let isFlattened = input.positions > 1 && values[node.output].positions == 1
                if !isFlattened {
                    origins[node.output] = first
                } else if isImage[node.output] || hasWindows[node.output] {
                    origins[node.output] = FlattenedChannels(positions: input.positions, channels: input.channels)
                } else {
                    origins[node.output] = FlattenedChannels(positions: 1, channels: input.positions * input.channels)
                }
            case .concat:
                origins[node.output] = node.inputs.dropFirst().reduce(into: first) { origin, input in
                    for run in origins[input].runs { origin.append(run) }
                }
            case .nonlinearity, .layerNorm: origins[node.output] = first
            case .affine(let layer):
                found[layer] = first
                isImage[node.output] = false
                if layers[layer].window != nil { hasWindows[node.output] = true }
            case .pool: hasWindows[node.output] = true
            }
        }
        return found
    }
}
