/// Names for what nodes see: at level k two nodes have one colour if and only if the features around them, to k + 1 steps,
/// are the same as a tree (Weisfeiler and Leman's refinement). Then their pre-activations are one and the same variable, in
/// whichever graphs they stand, and the angle between them is exactly 0 where rounding would leave about 1e-8.
enum NodeColours {
    /// For each graph, by level, the colours of its nodes. Complexity: O(levels · edges) look-ups.
    static func levels(_ count: Int, of graphs: [Graph]) -> [[[Int]]] {
        var names: [[UInt64]: Int] = [:]
        var current = graphs.map { graph in
            // Minus zero is zero.
            (0..<graph.nodes).map { node in name(graph.row(node).map { ($0 == 0 ? 0 : $0).bitPattern }, &names) }
        }
        var levels = graphs.map { _ in [[Int]]() }
        for _ in 0..<count {
            names.removeAll(keepingCapacity: true)
            for (index, graph) in graphs.enumerated() {
                let colours = current[index]
                current[index] = graph.neighbours.map { neighbours in
                    name(neighbours.map { UInt64(colours[$0]) }.sorted(), &names)
                }
                levels[index].append(current[index])
            }
        }
        return levels
    }

    private static func name(_ key: [UInt64], _ names: inout [[UInt64]: Int]) -> Int {
        if let known = names[key] { return known }
        names[key] = names.count
        return names.count - 1
    }
}
