"""All definitions once more, in plain loops: every case, outcome, hold and feature of a book, compared with what `recoup cases` wrote.

    python3 features.py BOOK_FOLDER CASES.csv [--coverage]

Written from SPEC and DEFINITIONS alone, day by day and record by record; slow and obvious. Needs nothing but Python. Month-end
observation, no tolerance. Exits with 1 and says what differs. --coverage adds, per column, how many cases have a value, how many
differ from the commonest value, and TRIVIAL where no two cases with a value differ. CASES.csv may be `-`: nothing is compared.
The parts: book.py (tables), ledger.py (schedules, path, episodes), features_*.py, outcomes.py; selftest.py has cases worked by hand.
"""
import csv
import math
import sys
from collections import Counter

import outcomes
from book import calendar, month_ends, read_book
from features_borrower import Borrower, holds

# Columns of CASES.csv that are not compared and are no news.
PASSED_OVER = {"account_id", "borrower_id", "as_of", "bucket_name", "overdue", "maturity"}


def is_observed(borrower, a, d):
    rows = borrower.statements_at(a, d)
    if rows is None:
        return borrower.begun(a, d)
    # Looked at by the first observation date that knows its latest statement; a month end before the first one is none.
    previous_month_end = d - calendar(d).day
    first = borrower.settings.observe_from
    return (first is not None and previous_month_end < first) or previous_month_end < max(rows[0].statement_on, rows[0].known_on)


def is_case(borrower, a, d, settings):
    rows = borrower.statements_at(a, d)
    if rows and d - rows[0].statement_on > 31:
        return False
    if borrower.dpd(a, d) < settings.min_dpd or borrower.closed(a, d):
        return False
    return not a.known_events("deceased", d) and not a.known_events("write_off", d)


def case(borrower, a, d, settings):
    row = borrower.features(a, d)
    rows = borrower.statements_at(a, d)
    if rows:
        row.update(outcomes.statement_outcomes(a, rows[0], settings))
    else:
        row.update(outcomes.ledger_outcomes(borrower.ledgers[a.account_id], d, settings))
    row["holds"] = holds(a, d)
    return row


def all_cases(settings, families):
    found = {}
    ends = month_ends(settings.observe_from, settings.data_until)
    for accounts in families:
        borrower = Borrower(accounts, settings)
        for a in accounts:
            for d in ends:
                if is_observed(borrower, a, d) and is_case(borrower, a, d, settings):
                    found[a.account_id, calendar(d).isoformat()] = case(borrower, a, d, settings)
    return found


def same(name, value, text):
    if name == "holds":
        return " ".join(sorted(text.split())) == value
    if value is None or text == "":
        return value is None and text == ""
    if isinstance(value, str):
        return text == value
    try:
        return math.isclose(float(text), value, rel_tol=1e-12, abs_tol=1e-12)
    except ValueError:
        return False


def compare(expected, columns, cases_file, settings):
    """(list of (column, message), notes)."""
    wrong, notes, found = [], [], {}
    with open(cases_file, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        header = reader.fieldnames or []
        for r in reader:
            if (r["account_id"], r["as_of"]) in found:
                wrong.append(("(cases)", f"twice in the file: {r['account_id']}@{r['as_of']}"))
            found[r["account_id"], r["as_of"]] = r
    wrong += [("(cases)", f"only by recoup: {k}") for k in sorted(found.keys() - expected.keys())]
    wrong += [("(cases)", f"only by definition: {k}") for k in sorted(expected.keys() - found.keys())]
    for name in header:
        if name not in columns and name not in PASSED_OVER and name not in settings.expressions:
            wrong.append((name, f"unknown column: {name}"))
    for name in columns:
        if name not in header:
            if all(row[name] is None for row in expected.values()):
                notes.append(f"note: no column {name}; by definition it is null in all cases")
            else:
                wrong.append((name, f"no column {name}"))
    for key in sorted(found.keys() & expected.keys()):
        for name, value in expected[key].items():
            if name in header and not same(name, value, found[key][name]):
                wrong.append((name, f"{key[0]}@{key[1]} {name}: recoup {found[key][name]!r}, by definition {value!r}"))
    return wrong, notes


def print_coverage(expected, columns):
    print(f"{'column':32}{'values':>8}{'not the commonest':>20}")
    for name in columns:
        counts = Counter(row[name] for row in expected.values() if row[name] is not None)
        values = sum(counts.values())
        unusual = values - (counts.most_common(1)[0][1] if counts else 0)
        print(f"{name:32}{values:>8}{unusual:>20}{'  TRIVIAL' if len(counts) <= 1 else ''}")


def main():
    arguments = [x for x in sys.argv[1:] if x != "--coverage"]
    if len(arguments) != 2:
        sys.exit(__doc__)
    folder, cases_file = arguments
    settings, families = read_book(folder)
    expected = all_cases(settings, families)
    columns = list(next(iter(expected.values()))) if expected else []
    wrong, notes = ([], []) if cases_file == "-" else compare(expected, columns, cases_file, settings)
    print(f"{len(expected)} cases, {len(columns)} columns, {len(wrong)} differences")
    for _, message in wrong[:20]:
        print(message)
    for name, count in Counter(name for name, _ in wrong).most_common():
        print(f"  {count:>6} {name}")
    for note in notes:
        print(note)
    if "--coverage" in sys.argv:
        print_coverage(expected, columns)
    sys.exit(1 if wrong or not expected else 0)


if __name__ == "__main__":
    main()
