"""Holds the books against the notes: the kiosk's ledger, the office's, the billing system's, and the cassette itself."""
import collections
import dataclasses
import time


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


class Books:
    """Everything that says where money is, read at one moment: the truth of cassette and hand, and three sets of books."""

    def __init__(self, stack):
        self.at = time.time()
        self.truth = stack.truth()
        self.kiosk, self.office, self.billing = stack.kiosk_ledger(), stack.office_ledger(), stack.billing_ledger()

    def places(self):
        """Notes by face in fen: in the cassette, in the hand, and by their end in the kiosk's books."""
        notes = self.kiosk["notes"]
        return {"cassette": self.truth["cassette"], "hand": self.truth["returned"], **notes}


@dataclasses.dataclass
class Change:
    """What one incident added. Notes by face in fen; what was posted and what is owed back in fen."""
    cassette: collections.Counter
    hand: collections.Counter
    credited: collections.Counter
    returned: collections.Counter
    doubtful: collections.Counter
    posted: int
    refused: int

    def __init__(self, before, after):
        self.posted, self.refused = (
            after.kiosk["accounts"][name] - before.kiosk["accounts"][name] for name in ("POSTED", "REFUND_DUE"))
        for place, notes in after.places().items():
            added = collections.Counter({int(face): count for face, count in notes.items()})
            added.subtract({int(face): count for face, count in before.places()[place].items()})
            setattr(self, place, added)

    def __str__(self):
        """The figures that are not zero, in yuan."""
        sums = {place: fen(getattr(self, place)) for place in ("cassette", "hand", "credited", "returned", "doubtful")}
        sums |= {"posted": self.posted, "refused": self.refused}
        return ", ".join(f"{name} {amount / 100:g}" for name, amount in sums.items() if amount) or "nothing"


def fen(notes):
    return sum(face * count for face, count in notes.items())


def contradictions(before, after, papers):
    """What does not hold after everything was delivered: sentences, empty when all is well."""
    return (note_contradictions(Change(before, after)) + book_contradictions(after)
            + paper_contradictions(papers, after.kiosk["orders"]))


def printed(stack, since):
    """What came out of the printer after that moment, as text."""
    jobs = sorted(job for job in (stack.sim / "printer").glob("job-*.bin") if job.stat().st_mtime >= since)
    return [stack.simulate("receipt", str(job)) for job in jobs]


def paper_contradictions(papers, orders):
    """Each receipt is that of one order and says its amount, and no order has two that are not marked as copies."""
    found, originals = [], collections.Counter()
    for paper in papers:
        # Without the gaps of groups and of wide letters.
        text = paper.replace(" ", "")
        order = next((order for order in orders if order["slip"] in text), None)
        if order is None or f"{order['fen'] / 100:.2f}" not in text:
            found.append(f"a receipt of no order, or of another amount: {paper}")
        elif "COPY" not in text:
            originals[order["id"]] += 1
    return found + [f"{order} has {count} originals" for order, count in originals.items() if count > 1]


def note_contradictions(change):
    """The cassette and the hand against the kiosk's books: each note credited, returned or in doubt, once."""
    found = []
    for face in sorted(change.credited | change.returned):
        if change.credited[face] > change.cassette[face]:
            found.append(f"{change.credited[face]} of {face} credited, {change.cassette[face]} came into the cassette")
        if change.returned[face] > change.hand[face]:
            found.append(f"{change.returned[face]} of {face} given back, {change.hand[face]} came into the hand")
    inside, known = fen(change.cassette), fen(change.credited) + fen(change.doubtful)
    if inside > known:
        found.append(f"{inside} came into the cassette, the kiosk knows of {known}")
    ended = sum((change.credited + change.returned + change.doubtful).values())
    passed = sum((change.cassette + change.hand).values())
    if ended > passed:
        found.append(f"{ended} notes ended in the books, {passed} went through the unit")
    return found


def book_contradictions(books):
    """Kiosk, office and billing system against each other."""
    found = []
    kiosk, office, billing = books.kiosk["accounts"], books.office["accounts"], books.billing
    for name, balance in sorted(kiosk.items()):
        there = office["RECEIVED" if name == "STACKER" else name]
        if balance != there:
            found.append(f"{name}: kiosk {balance}, office {there}")
    if not books.office["balanced"]:
        found.append("the office's books do not balance")
    found += [f"{name}: {kiosk[name]} is left over" for name in ("CREDIT", "TOPUP_DUE") if kiosk[name]]
    found += [f"{order} is booked {count} times" for order, count in billing["postings"].items() if count != 1]
    booked = {order["id"]: (order["number"], order["fen"]) for order in billing["orders"]}
    sold = {order["id"]: (order["number"], order["fen"]) for order in books.kiosk["orders"] if order["state"] == "credited"}
    for order in sorted(booked.keys() | sold.keys()):
        if booked.get(order) != sold.get(order):
            found.append(f"{order}: booked {booked.get(order)}, credited {sold.get(order)}")
    if kiosk["STACKER"] != kiosk["POSTED"] + kiosk["REFUND_DUE"] + kiosk["REFUNDED"]:
        found.append(f"credited {kiosk['STACKER']}, and neither posted nor owed back all of it: {kiosk}")
    if billing["totalFen"] != kiosk["POSTED"]:
        found.append(f"the billing system booked {billing['totalFen']}, the kiosk knows of {kiosk['POSTED']}")
    return found
