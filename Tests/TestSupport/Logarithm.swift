import Foundation

/// ln x of the system's library, which shares nothing with the kernels.
func logarithm(_ x: Double) -> Double { log(x) }
