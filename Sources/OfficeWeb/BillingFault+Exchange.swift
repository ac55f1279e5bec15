internal import AsyncHTTPClient
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Office

extension BillingFault {
    /// Only what failed before a connection stood is surely not sent.
    init(_ operation: String, _ error: any Error) {
        switch error {
        case let fault as BillingFault:
            self = fault
        case is NIOConnectionError:
            self = .notSent("\(operation): no connection to the billing system")
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            // Of all socket errors only this one cannot befall a connection that stood. Source: connect(2).
            self = .notSent("\(operation): the billing system refuses connections")
        case let error as HTTPClientError where error == .connectTimeout:
            self = .notSent("\(operation): no connection to the billing system in time")
        case let error as NIOSSLError:
            if case .handshakeFailed(let reason) = error {
                self = .notSent(
                    "\(operation): no secure connection to the billing system: \(reason)")
            } else {
                self = .unknown("\(operation): the secure connection broke: \(error)")
            }
        case let late as DeadlinePassed:
            self = .unknown("\(operation): no answer within \(late.limit)")
        default:
            self = .unknown("\(operation): no whole answer: \(error)")
        }
    }
}
