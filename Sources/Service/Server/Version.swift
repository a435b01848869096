/// The version of the program, which `GET /`, the contract and `tangent version` give.
public enum Version {
    /// Semantic versioning 2.0.
    public static let text = "0.1.0"
}
