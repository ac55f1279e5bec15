internal import Logging

extension Logger {
    /// For the HTTP library, which calls every ordinary stop an error. What fails at the start is thrown, and a refused
    /// request is answered: neither needs its log.
    var quiet: Logger {
        var logger = self
        logger.logLevel = .critical
        return logger
    }
}
