internal import DeviceKit
internal import Drivers
internal import KioskModel
internal import KioskRuntime
internal import Links

/// Puts each configured device together: its profile, its link, and the driver that the profile names.
struct Fitting {
    private let configuration: KioskConfiguration
    private let timekeeper: any Timekeeper
    private let drivers = Drivers.list { UInt64.random(in: .min ... .max) }

    init(_ configuration: KioskConfiguration, timekeeper: any Timekeeper) {
        (self.configuration, self.timekeeper) = (configuration, timekeeper)
    }

    /// - Throws: `Refused` naming the line of the configuration or of the profile that is wrong.
    func devices() throws -> KioskDevices {
        let profiles: ProfileSet
        do {
            profiles = try ProfileSet.load(directory: configuration.profiles, drivers: drivers)
        } catch { throw Refused("\(error)") }
        var devices = KioskDevices(acceptor: nil, printer: nil)
        for device in configuration.devices {
            switch device.link {
            case .serial(let path):
                devices.acceptor = try acceptor(device, from: profiles) { profile in
                    SerialLink(path: path, settings: profile.serial)
                }
            case .usb(let selector):
                let bus = try usb(device)
                devices.acceptor = try acceptor(device, from: profiles) { profile in
                    USBLink(
                        bus: bus, selector: selector, matches: profile.matches,
                        settings: profile.serial)
                }
            case .cups(let queue):
                devices.printer = try printer(device, on: queue, from: profiles)
            }
        }
        return devices
    }

    private func acceptor(
        _ device: KioskConfiguration.Device, from profiles: ProfileSet,
        on link: (BillAcceptorProfile) -> any ByteLink
    ) throws -> Fitted<any BillAcceptor> {
        guard let profile = profiles.billAcceptor(device.profile),
            let make = drivers.billAcceptors[profile.head.driver]
        else { throw unknown(device, profiles.billAcceptors.map(\.head.name)) }
        return Fitted(
            name: DeviceName(.billAcceptor), profile: device.profile,
            link: "\(device.link)", device: make(profile, link(profile), timekeeper))
    }

    private func usb(_ device: KioskConfiguration.Device) throws -> USBBus {
        do { return try USBBus() } catch {
            throw Refused("\(configuration.file):\(device.line): devices: \(error)")
        }
    }

    private func printer(
        _ device: KioskConfiguration.Device, on queue: String, from profiles: ProfileSet
    ) throws -> Fitted<any Printer> {
        guard let profile = profiles.printer(device.profile),
            let make = drivers.printers[profile.head.driver]
        else { throw unknown(device, profiles.printers.map(\.head.name)) }
        let link = CUPSLink(queue: queue)
        return Fitted(
            name: DeviceName(.printer), profile: device.profile, link: "\(device.link)",
            device: make(profile, link, timekeeper))
    }

    private func unknown(_ device: KioskConfiguration.Device, _ known: [String]) -> Refused {
        Refused(
            "\(configuration.file):\(device.line): devices: expected one of "
                + "\(known.joined(separator: ", ")), got the profile `\(device.profile)`")
    }
}
