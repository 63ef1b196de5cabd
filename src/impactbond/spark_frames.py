"""Frames of Spark, in the session that is there: a table or another source as one, and one whose
plan is made once.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def spark_session() -> Any:
    """The session of Spark that is there, or a new one."""
    from pyspark.sql import SparkSession

    return SparkSession.builder.getOrCreate()


def planned_once(frame: Any) -> Any:
    """A Spark frame whose plan is made now and stands for itself: otherwise what is built on a
    cached frame would be planned with all that the frame was built of, again at every step.

    It is what a checkpoint makes of a frame, only that lost parts can be made again. Spark has no
    public name for it; where it is not found, the frame stays as it is, and planning takes longer.
    """
    try:
        query, session = frame._jdf.queryExecution(), frame.sparkSession
    except AttributeError:  # Spark Connect, whose plans are elsewhere
        return frame
    plan = query.toRdd()
    try:
        made = session._jsparkSession.internalCreateDataFrame(plan, frame._jdf.schema(), False)
    except Exception:  # no such name in this release
        return frame
    return type(frame)(made, session)


def in_spark(source: Any) -> Any:
    """A source of rows as a frame of Spark."""
    if isinstance(source, pa.Table):
        return spark_session().createDataFrame(source)
    return source.in_spark(spark_session()) if hasattr(source, "in_spark") else source
