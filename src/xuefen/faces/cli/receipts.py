"""``xuefen batch receipt`` and ``xuefen verify`` of a receipt: with the bank, or offline with its trust file."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from xuefen.bank.certificates.pdf.files import TRUST_FILE, read_trust_file
from xuefen.bank.deposits.rules import receipts
from xuefen.bank.shell import clock
from xuefen.faces.cli.output import plain_refusals, result, write_json
from xuefen.faces.cli.parser import Needs

MOST_BYTES = 1024 * 1024


@plain_refusals
def save(arguments: Namespace) -> int:
    """Write the receipt of a batch to a file, or print it."""
    from xuefen.bank.deposits import actions
    from xuefen.faces.cli.deposit import OPERATOR

    receipt = actions.sealed_receipt(number=arguments.number, by=OPERATOR, now=clock.now())
    if arguments.out:
        arguments.out.write_bytes(receipt)
    else:
        result.print(receipt.decode(), markup=False, soft_wrap=True)
    return 0


def is_receipt(path: Path | None) -> bool:
    """Whether a file begins as every receipt does."""
    if path is None or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(receipts.START)) == receipts.START


def verify(arguments: Namespace) -> int:
    """0 when nothing speaks against it, 1 when something does. Raises ``Denied`` when the trust file cannot be read."""
    with arguments.file.open("rb") as file:
        data = file.read(MOST_BYTES)
    if arguments.needs is Needs.NOTHING:
        trust = read_trust_file((arguments.trust or arguments.home / "public") / TRUST_FILE)
    else:
        from xuefen.bank.certificates import queries

        trust = queries.trust(now=clock.now())
    found = receipts.check(data, trust=trust)
    if arguments.json != "-":
        for answer in found.answers:
            mark = "–" if answer.good is None else "✓" if answer.good else "✗"
            result.print(f"{mark} {answer.check:<10} {answer.zh} {answer.en}", markup=False)
        if found.receipt:
            told = found.receipt
            result.print(
                f"  {told['batch']}  {told['issuer']}  {told['file_name']}  存入 accepted {told['accepted']}"
                f"  没通过 refused {told['refused']}  重复 duplicates {told['duplicates']}",
                markup=False,
            )
    write_json(found.to_json(), arguments.json)
    return 0 if found.ok else 1
