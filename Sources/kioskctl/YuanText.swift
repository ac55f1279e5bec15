internal import KioskModel

/// "70.00 yuan".
func yuanText(_ fen: Int64) -> String { Money(fen: fen).yuanText + " yuan" }
