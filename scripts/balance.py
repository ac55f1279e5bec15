"""Holds the books against the notes: the kiosk's ledger, the office's, the billing system's, and the cassette itself."""
import dataclasses


@dataclasses.dataclass
class Figures:
    """All in fen."""
    cassette: int
    credited: int
    doubtful: int
    kiosk_due: int
    kiosk_posted: int
    office_received: int
    office_posted: int
    billing: int
    posted_twice: int

    @property
    def agree(self):
        """Every note in the cassette is credited or doubtful; every credited fen was posted once, and nothing else."""
        return (self.cassette <= self.credited + self.doubtful and self.credited <= self.cassette
                and self.credited == self.office_received == self.office_posted == self.billing == self.kiosk_posted
                and self.kiosk_due == 0 and self.posted_twice == 0)


def balance(stack):
    kiosk, office, billing, truth = (stack.kiosk_ledger(), stack.office_ledger(), stack.billing_ledger(), stack.truth())
    accounts = kiosk["accounts"]
    postings = billing["postings"]
    return Figures(
        cassette=sum(int(value) * count for value, count in truth["cassette"].items()),
        credited=accounts["STACKER"], doubtful=accounts["UNLOCATED"],
        kiosk_due=accounts["TOPUP_DUE"] + accounts["CREDIT"], kiosk_posted=accounts["POSTED"],
        office_received=office["accounts"]["RECEIVED"], office_posted=office["accounts"]["POSTED"],
        billing=billing["totalFen"], posted_twice=sum(1 for count in postings.values() if count > 1))


def drained(stack):
    """Nothing waits in the kiosk and nothing is on its way at the office."""
    accounts = stack.kiosk_ledger()["accounts"]
    return accounts["TOPUP_DUE"] == 0 and accounts["CREDIT"] == 0
