import InfiniteNetworks
import JSON
import Jobs

/// Graphs of a request: as the result shows them, and as the arrays in which a worker finds them.
struct GraphSet: Sendable {
    /// Nodes of each graph [graphs, 1].
    let nodes: DataReference
    /// Features of all nodes, graph after graph [nodes, features].
    let features: DataReference
    /// Edges as (graph, node, node) [edges, 3]; nil where there are none.
    let edges: DataReference?
    /// As the client wrote them, or what they are in short where they are many numbers.
    let shown: JSONValue

    var count: Int { nodes.rows }
    var dimension: Int { features.rowLength }

    /// Nodes of each graph, for a forecast. Empty in a worker that has them in a file.
    var sizes: [Int] {
        if case .inline(let tensor) = nodes.source { tensor.values.map { Int($0) } } else { [] }
    }

    func load(_ blobs: BlobStore) throws -> [Graph] {
        let counts = try RowLoader.values(of: nodes, blobs: blobs).map { Int($0) }
        let values = try RowLoader.values(of: features, blobs: blobs)
        let ends = try edges.map { try RowLoader.values(of: $0, blobs: blobs).map { Int($0) } } ?? []
        var lists = counts.map { _ in [(Int, Int)]() }
        for edge in stride(from: 0, to: ends.count, by: 3) { lists[ends[edge]].append((ends[edge + 1], ends[edge + 2])) }
        var start = 0
        return zip(counts, lists).map { count, edges in
            defer { start += count * dimension }
            return Graph(features: Array(values[start..<start + count * dimension]), dimension: dimension, edges: edges)
        }
    }
}

extension RequestReader {
    /// The graphs of a member; nil where it is absent, null or faulty.
    ///
    /// - Parameter first: The member that was read before, whose nodes have as many features.
    func graphs(_ name: String, beside first: String? = nil) throws -> GraphSet? {
        guard let value = members.value(name), value != .null else { return nil }
        let pointer = members.pointer(to: name)
        // On the server alone: a worker finds the arrays that were read there.
        var read: GraphReader?
        let nodes = try reference(pointer.appending("nodes")) { _, blobs in
            let before = faults.count
            var graphs = GraphReader(value, blobs: blobs, faults: faults)
            let dimension = graphs.read(at: pointer, beside: first.flatMap { name in outline(name).rowLength.map { (name, $0) } })
            keep(RowOutline(shape: dimension.map { [$0] }), at: pointer)
            if faults.count == before { read = graphs }
            return read?.nodes
        }
        let features = try reference(pointer.appending("features")) { _, _ in read?.featureRows }
        let edges = try reference(pointer.appending("edges")) { _, _ in read?.edgeRows }
        guard let nodes, let features else { return nil }
        return GraphSet(nodes: nodes, features: features, edges: edges, shown: read?.shown ?? value)
    }
}

/// Reads a list of graphs, `{"features": [[..]], "edges": [[0, 1], ..]}` each.
private struct GraphReader {
    private let blobs: BlobStore
    private let faults: Faults
    private let value: JSONValue
    private var counts: [Double] = []
    private var features: [Double] = []
    private var edges: [Double] = []
    /// Features of the nodes of each graph, where that is known.
    private var dimensions: [(place: JSONPointer, features: Int)] = []

    init(_ value: JSONValue, blobs: BlobStore, faults: Faults) {
        self.blobs = blobs
        self.faults = faults
        self.value = value
    }

    /// Records the faults of the graphs.
    ///
    /// - Parameter other: Graphs whose nodes have as many features.
    /// - Returns: The features of every node; nil where that is not one number.
    mutating func read(at pointer: JSONPointer, beside other: (name: String, features: Int)?) -> Int? {
        for graph in faults.array(value, at: pointer, count: 1...) ?? [] { read(graph) }
        guard let first = dimensions.first?.features else { return nil }
        if dimensions.allSatisfy({ $0.features == first }) {
            if let other, other.features != first {
                faults.add(pointer, "Its nodes have \(first) features, those of \(other.name) \(other.features); both must be inputs of the same network.")
            }
            return first
        }
        let (whose, expected) = other.map { ("of \($0.name)", $0.features) } ?? ("of the first graph", first)
        for (place, features) in dimensions where features != expected {
            faults.add(place, "These nodes have \(features) features, those \(whose) \(expected); all nodes need the same.")
        }
        return nil
    }

    private mutating func read(_ graph: JSONElement) {
        guard let reader = ObjectReader(graph.value, at: graph.pointer, faults: faults) else { return }
        let rows = reader.requiredValue("features")
        let ends = reader.requiredValue("edges")
        reader.finish()
        let place = reader.pointer(to: "features")
        // Also of nodes some of whose features are no numbers.
        if let shape = rows?.rowShape, shape.count == 1 { dimensions.append((place, shape[0])) }
        let count = rows.flatMap { readFeatures($0, at: place) }
        // Nodes may be counted where not all of their features can be read.
        if let ends { readEdges(ends, at: reader.pointer(to: "edges"), nodes: count ?? rows?.rowCount) }
        if let count { counts.append(Double(count)) }
    }

    /// The number of nodes.
    private mutating func readFeatures(_ value: JSONValue, at pointer: JSONPointer) -> Int? {
        let data = DataReader(store: nil, blobs: blobs, faults: faults)
        guard let reference = data.inlineInputs(value, at: pointer, inputShape: nil) else { return nil }
        guard reference.shape.count == 1, case .inline(let tensor) = reference.source else {
            faults.add(pointer, "These are the features of nodes: write [[0.1, 0.2], [0.3, 0.4]], one inner array of numbers for each node.")
            return nil
        }
        features += tensor.values
        return reference.rows
    }

    private mutating func readEdges(_ value: JSONValue, at pointer: JSONPointer, nodes: Int?) {
        guard let list = faults.array(value, at: pointer) else { return }
        for edge in list {
            let ends = faults.list(edge.value, at: edge.pointer, count: 2...2) { end, place in
                if let nodes { faults.integer(end, at: place, in: 0..<nodes) } else { faults.integer(end, at: place, in: 0...) }
            }
            guard let ends else { continue }
            edges += [Double(counts.count), Double(ends[0]), Double(ends[1])]
        }
    }

    private var dimension: Int { dimensions.first?.features ?? 1 }
    var nodes: DataReference { Self.reference(counts, rowLength: 1) }
    var featureRows: DataReference { Self.reference(features, rowLength: dimension) }
    var edgeRows: DataReference? { edges.isEmpty ? nil : Self.reference(edges, rowLength: 3) }

    private static func reference(_ values: [Double], rowLength: Int) -> DataReference {
        let rows = values.count / rowLength
        return DataReference(source: .inline(JSONTensor(shape: [rows, rowLength], values: values)), rows: rows, shape: [rowLength])
    }

    /// The graphs themselves, or what they are in short where they are many numbers.
    var shown: JSONValue {
        guard features.count + edges.count > DataReference.shownValues else { return value }
        return [
            "inline": [
                "graphs": .integer(counts.count), "nodes": .integer(Int(counts.reduce(0, +))), "features": .integer(dimension),
                "edges": .integer(edges.count / 3),
            ]
        ]
    }
}
