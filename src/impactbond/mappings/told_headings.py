"""What of a partner's file may be told by its own words: headings, names of sheets and of the file.

They are what a proposal is made of; and a file without headings, shifted cells, a tab for each
child or a file for each put there what says who a child is. What reads like that is told by its
place. A single word is told: no list tells Remarks from a name that nobody knows.
"""

from __future__ import annotations

import re
from itertools import pairwise

from impactbond.evidence.personal import cell_tells

_A_NAME = re.compile(r"[^\W\d_]+(['’-][^\W\d_]+)*\.?")
_BETWEEN = re.compile(r"[\s,_]+")
_LONG_NUMBER = re.compile(r"\d([ +()-]*\d){6,}")
_DAYS = re.compile(r"\d{4}-\d\d-\d\d|\d\d-\d\d-\d{4}")  # which a long number does not stand in
# Words that headings, tabs and files are made of; two others with capitals in a row are a name.
_NO_NAMES = frozenset(
    re.findall(
        "[a-z]+",
        """
        absence absent academic academy achieved activity address adult after age aim all am
        amount and answer answers apologies apr area arrived art as at attainment attendance
        attended attendees attending aug authorised autumn average award band baseline
        before behaviour boarding borough by case centre change check child children city
        class cleaned client closed club code codes cohort comment comments community
        completed conduct contact control conversation count country county course created
        current data date dates day days dec december delivered delivery department
        description detail details development did difference difficulties district during
        early education emotional end ended english enrolled entered entry ethnicity
        evaluation event exclusions exit expected export exported family feb february fee
        female file final first following forename form forms foundation free friday from
        full fund funding gender goal good grade grammar group groups half head headteacher
        health held high hours house id impact in index informant inset instrument intake
        intervention issue item january july key keyworker language last late learner
        learning leave left lesson level list local location low male march mark marks maths
        mean measure meeting member mental mentor metric mid milestone minutes missed mode
        monday month months morning name need needs new next no none not note notes notice
        nov november nr number oct october of offer offered on open organisation other
        outcome outcomes overall page parent parental participant pathway peer per percent
        percentage period persistent person phase phonics physical planned pm points portal
        post pre premium present previous primary pro problems process produced profile
        programme progress project prosocial provider provision pupil pupils quarter
        question rate raw reading reason received record recorded records ref reference
        referral region register registered registration reliability remarks report
        reporting required response responses result results return review room row sas
        saturday scale school schools score scored scores screening season secondary sen
        send sent sep sept september service session sessions setting sex sheet signed site
        skills social source spelling spring staff stage standard standardised standing
        stanine start started status std strengths student study subject suffix sum summary
        sunday support surname survey table tables target teacher team term terms test tests
        the this through thursday time times title to total totals transport tuesday tutor
        type unauthorised unique unit units up upper used user value venue version visit
        visits volunteer wave wednesday week weekly weeks welfare wellbeing with worker
        writing year years yes young youth
        """,
    )
)


def reads_like(text: str) -> str:
    """What a heading or a name reads like of what says who a child is; nothing otherwise."""
    if what := cell_tells(text):
        return what
    if _LONG_NUMBER.search(_DAYS.sub("", text)):
        return "a long number"
    words = [word for word in _BETWEEN.split(text) if word]
    strange = [bool(_is_a_name(word)) for word in words]
    return "a name" if any(map(all, pairwise(strange))) else ""


def _is_a_name(word: str) -> bool:
    is_word = _A_NAME.fullmatch(word) and word[0].isupper() and not word.isupper()
    return bool(is_word) and word.casefold().strip(".") not in _NO_NAMES
