"""A Spark session for tests, on two threads of this machine; skipped where Java is missing."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from functools import lru_cache
from typing import Any

import pytest


@lru_cache(maxsize=1)
def _session() -> Any:
    # Spark looks for an address of the machine, which a sandbox may not let it use.
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    # Dates and times of Spark are those of no place in particular.
    os.environ.setdefault("TZ", "UTC")
    # The workers of Spark are this Python with its libraries, not the first one of the path.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("impactbond tests")
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "2g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.log.level": "ERROR",
        # Every small table that is broadcast takes a whole page, of 16 MB where nobody says.
        "spark.buffer.pageSize": "1m",
        # Nor does this Java live long enough to make good what compiling its own code well costs:
        # planning took 102 s of its time for two contracts, and 55 in this way.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        # Compiling a query takes longer than working through a handful of rows.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        # To plan a query anew after each of its stages takes long for a handful of rows. Users'
        # sessions do, and so does the long job, which asks for many drawn cases.
        "spark.sql.adaptive.enabled": str("IMPACTBOND_SPARK_CASES" in os.environ).lower(),
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def spark_session() -> Any:
    """The session; skips the test that asks where there is no Java to run it on."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark needs Java 17 or later, which is not here")
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _session()
