import Foundation

/// A colour of the sRGB space, eight bits a channel.
public struct Colour: Sendable, Hashable {
    public var red: UInt8
    public var green: UInt8
    public var blue: UInt8

    public init(red: UInt8, green: UInt8, blue: UInt8) { (self.red, self.green, self.blue) = (red, green, blue) }

    init(_ hex: Int) { self.init(red: UInt8(hex >> 16 & 255), green: UInt8(hex >> 8 & 255), blue: UInt8(hex & 255)) }

    /// `#rrggbb`.
    public var hex: String {
        let digits = Array("0123456789abcdef")
        return "#" + [red, green, blue].flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }

    static let paper = Colour(0xFFFFFF)
    public static let ink = Colour(0x222222)
    /// For what stands back: notes and subtitles.
    public static let pencil = Colour(0x5A5A5A)
    static let grid = Colour(0xE4E4E4)

    /// Colours for things without an order that people with any kind of colour vision can tell apart: the set of Okabe and Ito,
    /// without the yellow, which is lost on white.
    public static let palette = [
        Colour(0x0072B2), Colour(0xD55E00), Colour(0x009E73), Colour(0xCC79A7), Colour(0xE69F00), Colour(0x56B4E9), Colour(0x222222),
    ]
}

/// A colour by lightness, chroma and hue in the OKLab space (Ottosson 2020), where equal steps look equal.
struct PerceivedColour {
    var lightness: Double
    var chroma: Double
    /// In degrees.
    var hue: Double

    /// The channels in linear light; outside 0...1 where no screen shows the colour.
    var linearChannels: [Double] {
        let (a, b) = (chroma * cos(hue * .pi / 180), chroma * sin(hue * .pi / 180))
        let l = pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3)
        let m = pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3)
        let s = pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3)
        return [
            4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
            -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
        ]
    }

    var colour: Colour {
        let bytes = linearChannels.map { channel in
            let c = min(max(channel, 0), 1)
            return UInt8((255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * pow(c, 1 / 2.4) - 0.055)).rounded())
        }
        return Colour(red: bytes[0], green: bytes[1], blue: bytes[2])
    }
}

/// Colours for numbers: equal steps of the number look like equal steps.
public enum ColourMap: Sendable, Equatable {
    /// From a dark violet through blue and green to a light yellow: lightness rises evenly while the hue turns.
    case sequential
    /// From blue through a light grey to orange, for numbers on both sides of zero.
    case diverging

    /// The colour at a share from 0 to 1.
    public func colour(at share: Double) -> Colour { perceived(at: min(max(share, 0), 1)).colour }

    func perceived(at share: Double) -> PerceivedColour {
        switch self {
        case .sequential:
            // The chroma is as large as screens show at each of these lightnesses and hues, with a little room.
            let chroma = Self.interpolate([0.10, 0.12, 0.092, 0.092, 0.115, 0.155, 0.165], at: share)
            let hue = Self.interpolate([308, 278, 238, 196, 160, 128, 106], at: share)
            return PerceivedColour(lightness: 0.24 + 0.69 * share, chroma: chroma, hue: hue)
        case .diverging:
            let side = abs(2 * share - 1)
            return PerceivedColour(lightness: 0.96 - 0.46 * side, chroma: 0.125 * side, hue: share < 0.5 ? 252 : 52)
        }
    }

    private static func interpolate(_ values: [Double], at share: Double) -> Double {
        let place = share * Double(values.count - 1)
        let index = min(Int(place), values.count - 2)
        return values[index] + (values[index + 1] - values[index]) * (place - Double(index))
    }
}
