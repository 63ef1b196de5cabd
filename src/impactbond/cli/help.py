"""What help says beside each command: under which heading it stands, and how it is called.

The examples are run as they stand by the tests, on the files that come with impactbond.
"""

FINANCE = "For finance teams"
AUDIT = "For auditors"
MODEL = "For modellers"
CONTRACTS = "For contracts"

_QUARTER = "--as-of 2017-04-30 --leave-out-refused"
EXAMPLES = {
    name: f"Such as: impactbond {name} {words}"
    for name, words in {
        "demo": "--out demo-out",
        "settle": f"contract.yaml evidence.xlsx {_QUARTER} --out q1",
        "up-front": "contract.yaml mobilisation --out asked-for",
        "template": "contract.yaml --out template.xlsx",
        "map": "answers.csv --contract contract.yaml",
        "check-evidence": "contract.yaml evidence.xlsx --marked to-put-right.xlsx",
        "score": "answers.csv --instrument who-5",
        "identify": "contract.yaml evidence.xlsx --as-of 2017-04-30 --participant C-0001",
        "pseudonymise": "people.csv --column child --key keys/wlz.key --new-key --out keyed.csv",
        "publish": f"contract.yaml evidence.xlsx --by school {_QUARTER} --out published",
        "explain": f"contract.yaml evidence.xlsx --line 2017-Q1/0001 {_QUARTER}",
        "reconcile": f"contract.yaml evidence.xlsx --receipts bank.csv {_QUARTER}",
        "plan": f"contract.yaml evidence.xlsx {_QUARTER}",
        "record": f"contract.yaml evidence.xlsx {_QUARTER} --out q1.record",
        "show": "q1.record",
        "regenerate": "q1.record --out again",
        "forget": "q1.record q2.record --participants who.txt --out forgotten",
        "verify": "q1.xlsx q1.record",
        "compare": "q1.record q2.record",
        "simulate": "contract.yaml area.yaml --trials 200",
        "learn": f"contract.yaml evidence.xlsx {_QUARTER} --out learnt.yaml",
        "year-end": "contract.yaml evidence.xlsx --on 2017-03-31 --leave-out-refused",
        "new": "first.yaml",
        "check": "contract.yaml",
        "render": "contract.yaml",
        "difference": "contract.yaml contract.yaml",
    }.items()
}
