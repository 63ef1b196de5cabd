"""The frames of what might happen: forecasts, designs, investors."""

from __future__ import annotations

from impactbond.designs.compare import DESIGNS
from impactbond.designs.sensitivity import GLOBAL, ONE_AT_A_TIME
from impactbond.forecasts import outlook, plans, returns
from impactbond.frames.frame import declared
from impactbond.investment import investor_schedule
from impactbond.simulation import forecast
from impactbond.simulation.learn import LEARNT

_CHILD = {"group": "the group of the area", "child": "its number in the group"}

FORESEEN = (
    declared("forecast.payments", "a funder at a claim date, over the futures", forecast.PAYMENTS),
    declared("forecast.totals", "a funder over the term", forecast.TOTALS),
    declared(
        "forecast.limits",
        "a limit at a claim date",
        forecast.LIMITS,
        blank="at_most_pence",
        funder="the funder that it limits; empty for the contract or a milestone",
        at_most_pence="the limit; blank where it is no amount",
        bound_trials="in how many futures it binds",
        chance="the same as a share of all",
        mean_held_back_pence="what it holds back, on average",
    ),
    declared(
        "forecast.costs",
        "a cost in a month",
        forecast.COSTS,
        month="the first day of the month",
        cost="the cost, as the area names it",
    ),
    declared(
        "forecast.reached_table(trial)",
        "a milestone that a child reaches in one future",
        forecast.REACHED,
        **_CHILD,
        reached_on="the day",
        pays="whether it can pay then",
    ),
    declared(
        "forecast.claimed_table(trial)",
        "a claim in one future",
        forecast.CLAIMED,
        **_CHILD,
    ),
    declared(
        "outlook.exposure_table",
        "a funder, and all of them, over the term",
        outlook.EXPOSURE,
        blank="committed_pence",
        committed_pence="what it committed, or what a limit lets it pay",
        over_trials="in how many futures it is asked for more",
    ),
    declared(
        "outlook.to_date_table", "what all were asked for up to a claim date", outlook.TO_DATE
    ),
    declared(
        "outlook.cash_table",
        "the provider's cash at the end of a day on which money moves",
        outlook.CASH,
        on="the day",
        below_trials="in how many futures it is below nothing",
    ),
    declared(
        "outlook.figures_table",
        "a figure that matters",
        outlook.FIGURES,
        figure="what it is",
    ),
    declared(
        "learnt_chances",
        "a milestone, and how many reached it",
        LEARNT,
        reached="how many reached it",
        of="of how many of whom it is known",
        chance="reached, of",
        low="the low end of Wilson's interval of 95%",
        high="its high end",
    ),
    declared(
        "plans beside.frame",
        "a period of a plan, a claim that was made, or one that is forecast",
        plans.BESIDE,
        blank="plan made_on came_to_date_pence difference_pence p5_to_date_pence p95_to_date_pence",
        kind="plan, came, forecast",
        plan="the plan, as the contract names it",
        made_on="the day on which the plan was made",
        last_on="the last day of the period",
        pence="what the period comes to alone; of a forecast the mean",
        to_date_pence="what all up to here come to; of a forecast the median",
        came_to_date_pence="what came by the same day",
        difference_pence="how much more came than was planned",
        p5_to_date_pence="in one future of twenty it is less",
        p95_to_date_pence="in one future of twenty it is more",
    ),
    declared(
        "returns of futures.frame",
        "a future",
        returns.RETURNS,
        blank="payback_on multiple rate",
        trial="its number, from 0",
        paid_in_pence="what was paid in",
        came_back_pence="what came back",
        gain_pence="came back less paid in",
        peak_need_pence="the most that was out at the end of a day",
        payback_on="the first day on which as much is back as was paid in",
        multiple="what came back for each unit paid in",
        status="how many internal rates there are: one, several, none; or total loss",
        rate="the internal rate of return, where there is one alone; -1 of a total loss",
    ),
    declared(
        "design comparison.table",
        "a design and a yardstick",
        DESIGNS,
        design="the design",
        of="the yardstick",
        higher_trials="in how many futures it is higher than the first design",
        lower_trials="in how many it is lower",
    ),
    declared(
        "sensitivity.table, one at a time",
        "a term, the strongest first",
        ONE_AT_A_TIME,
        at_low_pence="the mean with the term at its low end",
        as_written_pence="the mean with all terms as written",
        at_high_pence="the mean with the term at its high end",
        swing_pence="from one end to the other",
    ),
    declared(
        "sensitivity.table, all at once",
        "a term, the strongest first",
        GLOBAL,
        blank="effect_pence spread_pence first_order total total_pm",
        effect_pence="how much the amount moves on average, up or down",
        spread_pence="how much that depends on the other terms",
        first_order="the share of the variance that the term has alone",
        total="with all that it does together with others",
        total_pm="give or take, 95%",
    ),
    declared(
        "investor schedule.flows_table",
        "an amount of an investor in a class; below nothing what it pays in",
        investor_schedule.FLOWS,
        on="the day",
        investor="the investor",
        kind="called, return, principal, made good",
        **{"class": "the class"},
    ),
    declared(
        "investor schedule.account_table",
        "where the money that funders paid went; below nothing what went out",
        investor_schedule.ACCOUNT,
        on="the day",
        kind="received, recycled, fees, investors, surplus, left",
        name="from whom, or to whom",
    ),
    declared(
        "investor schedule.classes_table",
        "a class",
        investor_schedule.CLASSES,
        committed_pence="what it committed",
        called_pence="what it was called for",
        return_pence="the return that it got",
        principal_pence="the principal that it got back",
        made_good_pence="what was made good to it",
        unpaid_pence="what it was owed at the end and did not get",
        lost_pence="what it was called for and did not get back",
        **{"class": "the class"},
    ),
)
