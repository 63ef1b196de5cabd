"""The West London Zone contract as a pandas program: vectorised, column by column, no row loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from impactbond.evaluation.inputs import ClaimDate
from impactbond.evidence.evidence import Evidence

ORDER = ["observed_on", "recorded_on", "value"]
ATTRIBUTES = ["school", "borough", "key_stage"]
FIRST_DAY, LAST_DAY = pd.Timestamp(2016, 11, 1), pd.Timestamp(2019, 3, 31)
NEVER = pd.Timestamp(2199, 12, 31)
LONG_AGO = pd.Timestamp(1900, 1, 1)
AT_RISK: dict[str, Callable[[Any], Any]] = {
    "sdq": lambda was: was >= 17,
    "relationships": lambda was: was >= 4,
    "confidence": lambda was: was < 20,
    "attendance": lambda was: was < 920,
    "english": lambda was: was < 90,
    "maths": lambda was: was < 90,
}
BETTER: dict[str, Callable[[Any, Any], Any]] = {
    "sdq": lambda was, is_: ((was >= 17) & (is_ < 17)) | (was - is_ >= 5),
    "relationships": lambda was, is_: ((was >= 4) & (is_ < 4)) | (was - is_ >= 2),
    "confidence": lambda was, is_: ((was < 20) & (is_ >= 20)) | (is_ - was >= 6),
    "attendance": lambda was, is_: ((was < 920) & (is_ >= 950)) | (is_ - was >= 50),
    "english": lambda was, is_: ((was < 90) & (is_ >= 90)) | (is_ - was >= 8),
    "maths": lambda was, is_: ((was < 90) & (is_ >= 90)) | (is_ - was >= 8),
}


def frame_of(table: pa.Table) -> pd.DataFrame:
    """An evidence table as pandas users hold it, with dates that pandas can compare."""
    days = {field.name: "datetime64[us]" for field in table.schema if field.type == pa.date32()}
    return table.to_pandas(date_as_object=False).astype(days)


def by_pandas(evidence: Evidence, claim: ClaimDate) -> pa.Table:
    """The lots of one claim date, from the evidence."""
    frames = (frame_of(evidence.participants_table), frame_of(evidence.observations_table))
    return lots_by_pandas(*frames, claim)


def lots_by_pandas(
    participants: pd.DataFrame, observations: pd.DataFrame, claim: ClaimDate
) -> pa.Table:
    """The lots of one claim date, from frames."""
    known_by, ends_on = pd.Timestamp(claim.known_by), pd.Timestamp(claim.ends_on)
    spells = _spells(participants[participants["recorded_on"] <= known_by])
    people = _people(participants[participants["recorded_on"] <= known_by], spells, ends_on)
    rows = _live(observations, known_by)
    rows = rows.merge(people.reset_index(), on="participant", how="inner")
    claims = _claims(people, _days(people, rows))
    held = pd.merge_asof(
        claims.sort_values("achieved_on"),
        spells.sort_values("since")[["participant", "since", *ATTRIBUTES]],
        left_on="achieved_on",
        right_on="since",
        by="participant",
    )
    lots = held.groupby(["milestone", "achieved_on", *ATTRIBUTES], sort=False).size()
    return pa.Table.from_pandas(lots.rename("quantity").reset_index(), preserve_index=False)


def _spells(known: pd.DataFrame) -> pd.DataFrame:
    """What held of a participant from a day on; the earliest has always held."""
    latest = known.sort_values(["participant", "from_on", "recorded_on", *ATTRIBUTES])
    latest = latest.drop_duplicates(["participant", "from_on"], keep="last")
    earliest = ~latest["participant"].duplicated()
    return latest.assign(since=latest["from_on"].mask(earliest, LONG_AGO))


def _people(known: pd.DataFrame, spells: pd.DataFrame, ends_on: pd.Timestamp) -> pd.DataFrame:
    """Who is covered, by participant: the start, the last day that counts, and the windows."""
    latest = ["participant", "recorded_on", "from_on"]
    start = known.sort_values([*latest, "started_on"]).drop_duplicates("participant", keep="last")
    left = known.assign(left_on=known["left_on"].fillna(LONG_AGO))
    left = left.sort_values([*latest, "left_on"]).drop_duplicates("participant", keep="last")
    left_on = left.set_index("participant")["left_on"]
    people = start.set_index("participant")[["started_on"]]
    people = people.assign(left_on=left_on.mask(left_on == LONG_AGO, NEVER))
    at_start = pd.merge_asof(
        people.reset_index().sort_values("started_on"),
        spells.sort_values("since")[["participant", "since", "borough"]],
        left_on="started_on",
        right_on="since",
        by="participant",
    )
    covered = at_start.loc[at_start["borough"] == "lbhf", "participant"]
    people = people.loc[covered]
    started = people["started_on"]
    return people.assign(
        last_day=people["left_on"].clip(upper=min(ends_on, LAST_DAY)),
        baseline_from=started - pd.DateOffset(months=3),
        baseline_until=started + pd.DateOffset(months=3),
        enrolled_by=started + pd.Timedelta(days=60),
        year_two=started + pd.DateOffset(years=1),
        year_three=started + pd.DateOffset(years=2),
        end_from=started + pd.DateOffset(months=20),
        end_until=started + pd.DateOffset(months=25),
    )


def _live(observations: pd.DataFrame, known_by: pd.Timestamp) -> pd.DataFrame:
    known = observations[observations["recorded_on"] <= known_by]
    replaced = known["supersedes"].dropna()
    known = known[~known["observation"].isin(replaced) & (known["status"] != "withdrawn")]
    return known[["participant", "metric", *ORDER]]


def _days(people: pd.DataFrame, rows: pd.DataFrame) -> dict[str, Any]:
    """By name, the day on which each participant met what the milestones ask for, or NEVER."""
    index = people.index
    by_metric = dict(list(rows.groupby("metric", sort=False)))

    def first_yes(metric: str) -> Any:
        seen = by_metric[metric]
        seen = seen[(seen["value"] == 1) & (seen["observed_on"] <= seen["enrolled_by"])]
        seen = seen[seen["observed_on"] >= seen["baseline_from"]]
        days = seen.groupby("participant")["observed_on"].min()
        return days.reindex(index).fillna(NEVER).to_numpy()

    def engaged(opens: str, closes: str) -> Any:
        def counted(metric: str, value: int | None) -> Any:
            seen = by_metric[metric]
            chosen = (seen["observed_on"] >= seen[opens]) & (seen["observed_on"] < seen[closes])
            if value is not None:
                chosen &= seen["value"] == value
            return seen[chosen].groupby("participant").size().reindex(index, fill_value=0)

        every, attended = counted("specialist", None), counted("specialist", 0)
        met = (counted("link_worker", 1) >= 6) & (every > 0) & (attended * 4 >= every * 3)
        return (people[closes] - pd.Timedelta(days=1)).where(met, NEVER).to_numpy()

    risks, gains = [], []
    for metric in AT_RISK:
        seen = by_metric[metric].sort_values(ORDER)
        was = _picked(seen, "baseline_from", "baseline_until", "first").reindex(index)
        is_ = _picked(seen, "end_from", "end_until", "last").reindex(index)
        at_risk = AT_RISK[metric](was["value"])
        better = BETTER[metric](was["value"], is_["value"])
        risks.append(was["observed_on"].where(at_risk, NEVER))
        gains.append(is_["observed_on"].where(better, NEVER))
    risk, gain = (np.sort(np.column_stack(days), axis=1) for days in (risks, gains))
    return {
        "eligible": risk[:, 1],
        "consent": first_yes("consent"),
        "sign_up": first_yes("agreement"),
        "engaged_year_1": engaged("started_on", "year_two"),
        "engaged_year_2": engaged("year_two", "year_three"),
        "one_outcome": gain[:, 0],
        "two_outcomes": gain[:, 1],
        "three_outcomes": gain[:, 2],
    }


def _picked(seen: pd.DataFrame, opens: str, closes: str, which: Any) -> pd.DataFrame:
    inside = seen[(seen["observed_on"] >= seen[opens]) & (seen["observed_on"] < seen[closes])]
    picked = inside.drop_duplicates("participant", keep=which)
    return picked.set_index("participant")[["observed_on", "value"]]


def _claims(people: pd.DataFrame, days: dict[str, Any]) -> pd.DataFrame:
    """Participant, milestone, and the day achieved, for what counts; each after what it needs."""
    last_day = people["last_day"].to_numpy()
    consented = np.maximum(days["eligible"], days["consent"])
    has_consented = (consented >= FIRST_DAY.to_datetime64()) & (consented <= last_day)
    enrolled = np.maximum(consented, days["sign_up"])
    has_enrolled = has_consented & (enrolled <= last_day)
    found = [("consent", consented, has_consented), ("sign_up", enrolled, has_enrolled)]
    for milestone in list(days)[3:]:
        reached = np.maximum(enrolled, days[milestone])
        found.append((milestone, reached, has_enrolled & (reached <= last_day)))
    claims = [
        pd.DataFrame(
            {"participant": people.index[met], "milestone": name, "achieved_on": reached[met]}
        )
        for name, reached, met in found
    ]
    return pd.concat(claims, ignore_index=True)
