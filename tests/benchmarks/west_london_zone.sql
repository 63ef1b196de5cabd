-- fixtures/contracts/west_london_zone.yaml written by hand: the lots of one claim date, in one pass
-- over the observations. Takes the tables participants and observations, and the dates $known_by
-- and $ends_on. A day that never comes is infinity. Observed day, recorded day and value are packed
-- into one integer, so that the first and the last row are a plain minimum and maximum.
WITH rows_known AS (
    SELECT * FROM participants WHERE recorded_on <= $known_by
),
stays AS (
    SELECT
        participant,
        max({'recorded': recorded_on, 'since': from_on, 'day': started_on}).day AS started_on,
        max({'recorded': recorded_on, 'since': from_on, 'day': coalesce(left_on, '-infinity')}).day
            AS left_on
    FROM rows_known
    GROUP BY participant
),
-- What held of a participant from a day until the next; the earliest has always held.
latest AS (
    SELECT
        participant,
        from_on,
        max({'recorded': recorded_on, 'school': school, 'borough': borough, 'stage': key_stage})
            AS held
    FROM rows_known
    GROUP BY participant, from_on
),
spells AS MATERIALIZED (
    SELECT
        participant,
        held.school AS school,
        held.borough AS borough,
        held.stage AS key_stage,
        CASE WHEN lag(from_on) OVER spell IS NULL THEN '-infinity' ELSE from_on END AS since,
        coalesce(lead(from_on) OVER spell, 'infinity') AS until
    FROM latest
    WINDOW spell AS (PARTITION BY participant ORDER BY from_on)
),
people AS MATERIALIZED (
    SELECT
        participant,
        least(
            CASE WHEN left_on = '-infinity' THEN 'infinity' ELSE left_on END,
            $ends_on::DATE,
            DATE '2019-03-31'
        ) AS last_day,
        started_on,
        (started_on - INTERVAL 3 MONTH)::DATE AS baseline_from,
        (started_on + INTERVAL 3 MONTH)::DATE AS baseline_until,
        started_on + 60 AS enrolled_by,
        (started_on + INTERVAL 1 YEAR)::DATE AS year_two,
        (started_on + INTERVAL 2 YEAR)::DATE AS year_three,
        (started_on + INTERVAL 20 MONTH)::DATE AS end_from,
        (started_on + INTERVAL 25 MONTH)::DATE AS end_until
    FROM stays
    JOIN spells USING (participant)
    WHERE started_on >= since AND started_on < until AND borough = 'lbhf'
),
replaced AS (
    SELECT supersedes
    FROM observations
    WHERE supersedes IS NOT NULL AND recorded_on <= $known_by
),
live AS (
    SELECT
        participant,
        metric,
        value,
        observed_on,
        (observed_on - DATE '1970-01-01') * 4294967296
            + (recorded_on - DATE '1970-01-01') * 65536 + value AS pack
    FROM observations
    ANTI JOIN replaced ON observation = replaced.supersedes
    WHERE recorded_on <= $known_by AND status <> 'withdrawn'
),
-- CASE inside the aggregates: FILTER took a sixth longer.
facts AS (
    SELECT
        participant,
        min(CASE
            WHEN metric = 'consent' AND value = 1
                AND observed_on >= baseline_from AND observed_on <= enrolled_by
            THEN observed_on END) AS consent_on,
        min(CASE
            WHEN metric = 'agreement' AND value = 1
                AND observed_on >= baseline_from AND observed_on <= enrolled_by
            THEN observed_on END) AS agreement_on,
        min(CASE
            WHEN metric = 'sdq'
                AND observed_on >= baseline_from AND observed_on < baseline_until
            THEN pack END) AS sdq_first,
        max(CASE
            WHEN metric = 'sdq'
                AND observed_on >= end_from AND observed_on < end_until
            THEN pack END) AS sdq_last,
        min(CASE
            WHEN metric = 'relationships'
                AND observed_on >= baseline_from AND observed_on < baseline_until
            THEN pack END) AS relationships_first,
        max(CASE
            WHEN metric = 'relationships'
                AND observed_on >= end_from AND observed_on < end_until
            THEN pack END) AS relationships_last,
        min(CASE
            WHEN metric = 'confidence'
                AND observed_on >= baseline_from AND observed_on < baseline_until
            THEN pack END) AS confidence_first,
        max(CASE
            WHEN metric = 'confidence'
                AND observed_on >= end_from AND observed_on < end_until
            THEN pack END) AS confidence_last,
        min(CASE
            WHEN metric = 'attendance'
                AND observed_on >= baseline_from AND observed_on < baseline_until
            THEN pack END) AS attendance_first,
        max(CASE
            WHEN metric = 'attendance'
                AND observed_on >= end_from AND observed_on < end_until
            THEN pack END) AS attendance_last,
        min(CASE
            WHEN metric = 'english'
                AND observed_on >= baseline_from AND observed_on < baseline_until
            THEN pack END) AS english_first,
        max(CASE
            WHEN metric = 'english'
                AND observed_on >= end_from AND observed_on < end_until
            THEN pack END) AS english_last,
        min(CASE
            WHEN metric = 'maths'
                AND observed_on >= baseline_from AND observed_on < baseline_until
            THEN pack END) AS maths_first,
        max(CASE
            WHEN metric = 'maths'
                AND observed_on >= end_from AND observed_on < end_until
            THEN pack END) AS maths_last,
        count(CASE
            WHEN metric = 'specialist'
                AND observed_on >= started_on AND observed_on < year_two
            THEN 1 END) AS sessions_1,
        count(CASE
            WHEN metric = 'specialist' AND value = 0
                AND observed_on >= started_on AND observed_on < year_two
            THEN 1 END) AS attended_1,
        count(CASE
            WHEN metric = 'link_worker' AND value = 1
                AND observed_on >= started_on AND observed_on < year_two
            THEN 1 END) AS meetings_1,
        count(CASE
            WHEN metric = 'specialist'
                AND observed_on >= year_two AND observed_on < year_three
            THEN 1 END) AS sessions_2,
        count(CASE
            WHEN metric = 'specialist' AND value = 0
                AND observed_on >= year_two AND observed_on < year_three
            THEN 1 END) AS attended_2,
        count(CASE
            WHEN metric = 'link_worker' AND value = 1
                AND observed_on >= year_two AND observed_on < year_three
            THEN 1 END) AS meetings_2
    FROM live
    JOIN people USING (participant)
    GROUP BY participant
),
-- The packed rows that tell who was at risk, and what became better, in the order of their days.
measured AS (
    SELECT
        *,
        sdq_first & 65535 AS sdq_was,
        sdq_last & 65535 AS sdq_is,
        relationships_first & 65535 AS relationships_was,
        relationships_last & 65535 AS relationships_is,
        confidence_first & 65535 AS confidence_was,
        confidence_last & 65535 AS confidence_is,
        attendance_first & 65535 AS attendance_was,
        attendance_last & 65535 AS attendance_is,
        english_first & 65535 AS english_was,
        english_last & 65535 AS english_is,
        maths_first & 65535 AS maths_was,
        maths_last & 65535 AS maths_is
    FROM facts
),
told AS (
    SELECT
        *,
        list_sort([
            CASE WHEN sdq_was >= 17 THEN sdq_first END,
            CASE WHEN relationships_was >= 4 THEN relationships_first END,
            CASE WHEN confidence_was < 20 THEN confidence_first END,
            CASE WHEN attendance_was < 920 THEN attendance_first END,
            CASE WHEN english_was < 90 THEN english_first END,
            CASE WHEN maths_was < 90 THEN maths_first END
        ], 'ASC', 'NULLS LAST') AS risks,
        list_sort([
            CASE
                WHEN sdq_was >= 17 AND sdq_is < 17 THEN sdq_last
                WHEN sdq_was - sdq_is >= 5 THEN sdq_last
            END,
            CASE
                WHEN relationships_was >= 4 AND relationships_is < 4 THEN relationships_last
                WHEN relationships_was - relationships_is >= 2 THEN relationships_last
            END,
            CASE
                WHEN confidence_was < 20 AND confidence_is >= 20 THEN confidence_last
                WHEN confidence_is - confidence_was >= 6 THEN confidence_last
            END,
            CASE
                WHEN attendance_was < 920 AND attendance_is >= 950 THEN attendance_last
                WHEN attendance_is - attendance_was >= 50 THEN attendance_last
            END,
            CASE
                WHEN english_was < 90 AND english_is >= 90 THEN english_last
                WHEN english_is - english_was >= 8 THEN english_last
            END,
            CASE
                WHEN maths_was < 90 AND maths_is >= 90 THEN maths_last
                WHEN maths_is - maths_was >= 8 THEN maths_last
            END
        ], 'ASC', 'NULLS LAST') AS gains
    FROM measured
),
days AS (
    SELECT
        participant,
        last_day,
        coalesce(DATE '1970-01-01' + (risks[2] >> 32)::INTEGER, 'infinity') AS eligible_on,
        coalesce(consent_on, 'infinity') AS consent_on,
        coalesce(agreement_on, 'infinity') AS agreement_on,
        -- The sixth meeting is never after the window's last day, on which the sessions tell.
        CASE
            WHEN meetings_1 >= 6 AND attended_1 * 4 >= sessions_1 * 3 AND sessions_1 > 0
            THEN year_two - 1 ELSE 'infinity'
        END AS engaged_1_on,
        CASE
            WHEN meetings_2 >= 6 AND attended_2 * 4 >= sessions_2 * 3 AND sessions_2 > 0
            THEN year_three - 1 ELSE 'infinity'
        END AS engaged_2_on,
        coalesce(DATE '1970-01-01' + (gains[1] >> 32)::INTEGER, 'infinity') AS one_on,
        coalesce(DATE '1970-01-01' + (gains[2] >> 32)::INTEGER, 'infinity') AS two_on,
        coalesce(DATE '1970-01-01' + (gains[3] >> 32)::INTEGER, 'infinity') AS three_on
    FROM told
    JOIN people USING (participant)
),
consented AS (
    SELECT *, greatest(eligible_on, consent_on) AS consented,
        consented >= DATE '2016-11-01' AND consented <= last_day AS has_consented
    FROM days
),
enrolled AS (
    SELECT *, greatest(consented, agreement_on) AS enrolled,
        has_consented AND enrolled >= DATE '2016-11-01' AND enrolled <= last_day AS has_enrolled
    FROM consented
),
reached AS (
    SELECT
        participant,
        CASE WHEN has_consented THEN consented END AS consent,
        CASE WHEN has_enrolled THEN enrolled END AS sign_up,
        CASE WHEN has_enrolled THEN greatest(enrolled, engaged_1_on) END AS engaged_year_1,
        CASE WHEN has_enrolled THEN greatest(enrolled, engaged_2_on) END AS engaged_year_2,
        CASE WHEN has_enrolled THEN greatest(enrolled, one_on) END AS one_outcome,
        CASE WHEN has_enrolled THEN greatest(enrolled, two_on) END AS two_outcomes,
        CASE WHEN has_enrolled THEN greatest(enrolled, three_on) END AS three_outcomes,
        last_day
    FROM enrolled
    WHERE has_consented
),
claims AS (
    UNPIVOT reached
    ON consent, sign_up, engaged_year_1, engaged_year_2, one_outcome, two_outcomes, three_outcomes
    INTO NAME milestone VALUE achieved_on
)
SELECT milestone, achieved_on, school, borough, key_stage, count(*) AS quantity
FROM claims
JOIN spells USING (participant)
WHERE achieved_on <= last_day AND achieved_on >= since AND achieved_on < until
GROUP BY ALL
