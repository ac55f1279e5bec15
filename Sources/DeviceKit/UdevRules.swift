/// The udev rules that follow from the profiles: who may open a device, under which stable name, and that the kernel does
/// not put it to sleep.
public enum UdevRules {
    /// The whole of udev/60-kiosk.rules. Each rule cites the profiles it comes from; one rule for each USB identity,
    /// however many profiles name it.
    ///
    /// Source: udev(7): `=` assigns, `+=` adds, `ATTRS` and `ATTR` match; group and mode as in "OPERATORS" and "KEYS".
    public static func text(for profiles: ProfileSet) -> String {
        // The rule is for a device's numbers; what else a match asks for is the link's concern.
        var citing: [BillAcceptorProfile.USBMatch: Set<String>] = [:]
        for profile in profiles.billAcceptors {
            if case .unsupported = profile.head.status { continue }
            for match in profile.matches {
                let numbers = BillAcceptorProfile.USBMatch(
                    vendor: match.vendor, product: match.product)
                citing[numbers, default: []].insert(profile.head.name)
            }
        }
        let matches = citing.keys.sorted { ($0.vendor, $0.product) < ($1.vendor, $1.product) }
        return head + matches.map { rules($0, citing[$0] ?? []) }.joined()
    }

    private static let head = """
        # Generated from devices/ by `make udev`; do not edit.
        # The kiosk's devices belong to group kiosk, have a stable name, and never sleep.

        """

    /// The name is for the tty of a USB-serial bridge. Two acceptors on one machine would share it: configure their ports.
    private static func rules(_ match: BillAcceptorProfile.USBMatch, _ names: Set<String>)
        -> String
    {
        let (vendor, product) = (
            BillAcceptorProfile.USBMatch.hex(match.vendor),
            BillAcceptorProfile.USBMatch.hex(match.product)
        )
        let cited = names.sorted().map { "# devices/\($0).yaml\n" }.joined()
        return "\n" + cited + """
            SUBSYSTEM=="tty", SUBSYSTEMS=="usb", ATTRS{idVendor}=="\(vendor)", \
            ATTRS{idProduct}=="\(product)", GROUP="kiosk", MODE="0660", SYMLINK+="kiosk/bill"
            SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ATTR{idVendor}=="\(vendor)", \
            ATTR{idProduct}=="\(product)", GROUP="kiosk", MODE="0660", \
            TEST=="power/control", ATTR{power/control}="on"

            """
    }
}
