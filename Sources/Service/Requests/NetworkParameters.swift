import Architectures
import FiniteNetworks
import JSON

extension RequestReader {
    /// The parameters of a network, one `{"weight", "bias"}` for each layer that has them, in order: weight[i][j] maps input i
    /// to output j, a convolution's weight is [filter extents, input channels, output channels].
    ///
    /// - Parameter precision: In which the network computes; its range holds them.
    /// - Returns: all of them as one row, layer by layer; nil where the member is absent or faulty.
    func parameters(_ name: String, of network: FiniteNetwork?, in precision: KernelRequest.Precision = .float64) throws -> DataReference? {
        guard let value = members.value(name) else { return nil }
        let pointer = members.pointer(to: name)
        return try reference(pointer) { _, blobs in
            guard let elements = faults.array(value, at: pointer) else { return nil }
            let data = DataReader(store: nil, blobs: blobs, faults: faults)
            return NetworkParameters(network: network, precision: precision, data: data).read(elements, at: pointer)
        }
    }
}

/// Reads parameters against the shapes of a network's layers.
struct NetworkParameters {
    /// Nil where it is not known; that these are numbers is checked all the same.
    let network: FiniteNetwork?
    let precision: KernelRequest.Precision
    /// Of numbers that are no rectangle.
    let data: DataReader

    private var faults: Faults { data.faults }

    func read(_ elements: [JSONElement], at pointer: JSONPointer) -> DataReference? {
        let before = faults.count
        var layers: [AffineLayer?] = network?.layers ?? []
        if let network, elements.count != layers.count {
            faults.add(
                pointer, "There are parameters for \(elements.count) layers, but the network has \(network.layers.count) layers with parameters; send {\"weight\", \"bias\"} for each, in order.")
            // Which layer is missing or too many is not known, so none has a shape to be held against.
            layers = []
        }
        var values: [Double] = []
        for (index, element) in elements.enumerated() { append(element, layers.isEmpty ? nil : layers[index], to: &values) }
        guard faults.count == before, network != nil else { return nil }
        return DataReference(source: .inline(JSONTensor(shape: [1, values.count], values: values)), rows: 1, shape: [values.count])
    }

    private func append(_ element: JSONElement, _ layer: AffineLayer?, to values: inout [Double]) {
        guard let reader = ObjectReader(element.value, at: element.pointer, faults: faults) else { return }
        append(reader.requiredValue("weight"), "weight", shape: layer?.weightShape, layer, reader, to: &values)
        if let layer, layer.bias == nil {
            if let bias = reader.value("bias"), bias != .null {
                reader.fault(at: "bias", "The \(layer.typeName) at \(layer.pointer) has no bias (its bias_std is 0); leave the bias out.")
            }
        } else if let layer {
            append(reader.requiredValue("bias"), "bias", shape: [layer.fanOut], layer, reader, to: &values)
        } else if let bias = reader.value("bias"), bias != .null {
            append(bias, "bias", shape: nil, nil, reader, to: &values)
        }
        reader.finish()
    }

    private func append(
        _ value: JSONValue?, _ name: String, shape: [Int]?, _ layer: AffineLayer?, _ reader: ObjectReader, to values: inout [Double]
    ) {
        guard let value else { return }
        func refuse(_ found: String) {
            let expected = if let shape, let layer { "numbers of shape \(shape), the \(name) of the \(layer.typeName) at \(layer.pointer)" } else { "numbers, the \(name) of a layer" }
            reader.fault(at: name, "This must be \(expected), not \(found).")
        }
        guard case .tensor(let tensor) = value else {
            guard case .array(let elements) = value, !elements.isEmpty else { return refuse(value.kind) }
            if let own = data.shape(of: elements, at: reader.pointer(to: name)), let shape, own != shape { refuse("of shape \(own)") }
            return
        }
        guard shape == nil || tensor.shape == shape else { return refuse("of shape \(tensor.shape)") }
        if precision == .float32 {
            for (index, value) in tensor.values.enumerated() where !Float(value).isFinite {
                faults.add(
                    Self.indices(of: index, shape: tensor.shape).reduce(reader.pointer(to: name)) { $0.appending($1) },
                    "\(value) is beyond what float32 holds; send smaller numbers, or set precision to \"float64\".")
            }
        }
        values += tensor.values
    }

    /// Where an element of an array stands, along each axis.
    private static func indices(of index: Int, shape: [Int]) -> [Int] {
        var (rest, places) = (index, [Int]())
        for extent in shape.reversed() {
            places.append(rest % extent)
            rest /= extent
        }
        return places.reversed()
    }
}
