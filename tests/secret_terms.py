"""What people write themselves, with a secret in every free text and every name: a contract, a
mapping with its questionnaire, a ledger map, receipts; and what partners send and call their files.
"""

from __future__ import annotations

CONTRACT = """
# zqcomment
impactbond: 1
contract: small
title: zqtitle
version: {number: 1, kind: original, signed_on: 2017-01-01, effective_on: 2017-01-01}
provider: zqprovider
funders:
  council: {name: zqfunder, kind: council, clause: zqfunderclause}
  lottery: {name: zqlottery, kind: lottery, clause: zqlotteryclause}
parties:
  provider:
    address: [zqaddress]
    contact: zqcontact
    company_number: zqcompany
    charity_number: zqcharity
    bank: {account_name: zqaccount, sort_code: 20-00-00, account_number: "01234567",
           clause: zqbankclause}
    clause: zqpartyclause
  council: {purchase_order: zqorder, address: [zqcounciladdress], contact: zqcouncilcontact}
  lottery: {purchase_order: zqlotteryorder, address: [zqlotteryaddress]}
calendar:
  term: 2017-01-01 through 2018-12-31
  claims: {every: quarter, made: 1 month after the period, clause: zqclaimsclause}
  evidence: {within: 90 days, late: next claim, clause: zqevidenceclause}
  payment: {within: 30 days, working_days_of: England, clause: zqpaymentclause}
participants:
  attributes: {school: text, borough: [north, zqvalue]}
  clause: zqpeopleclause
metrics:
  consent: {kind: event, clause: zqmetricclause, sources: [zqgiver]}
  zqmetric: {kind: session, marks: [attended, missed]}
  sdq: {kind: score, range: [0, 40], better: lower, instrument: zqscale}
windows:
  year: start to 1 year after start
  zqwindow: start to 2 years after start
conditions:
  zqcondition: {observed: consent, in: zqwindow}
milestones:
  consent:
    title: zqmilestonetitle
    clause: zqmilestoneclause
    when: {observed: consent, in: year, clause: zqconditionclause}
    price: 100.00
fees:
  zqfee: {title: zqfeetitle, kind: service fee, clause: zqfeeclause, pay: 5.00, on: 2017-03-01}
funding:
  - {for: [consent, zqfee], shares: {council: 60%, lottery: 40%}, clause: zqfundingclause}
tranches:
  first:
    title: zqtranchetitle
    clause: zqtrancheclause
    pay: 5.00
    on: 2017-01-03
    by: {council: 100%}
    recovered: {at: 40%}
    held_by: zqholder
limits:
  - {funder: council, at_most: 80000.00, beyond: unpaid, clause: zqlimitclause}
rounding: {on: running totals, half: up, odd_penny: in the order of the shares,
           clause: zqroundingclause}
vat: {treatment: outside the scope, clause: zqvatclause}
plans:
  zqplan: {title: zqplantitle, made_on: 2017-01-02, clause: zqplanclause,
           payments: {2017-Q1: {consent: 100.00}}}
measures:
  zqmeasure: {claims: consent}
investment:
  investors: {zqlender: {name: zqlendername, clause: zqlenderclause}}
  classes:
    zqclass:
      title: zqclasstitle
      clause: zqclassclause
      commits: {zqlender: 50.00}
      drawn: [{on: 2017-02-01, amount: 50.00}]
      measured: zqmeasure
      tiers: [{is: above 0, returns: 1%}]
      protected: {principal: 25%, by: zqguarantor}
  repaid: [zqclass]
  recycled: {share: 40%, through: 2017-05-01, clause: zqrecycledclause}
examples:
  - name: zqexample
    clause: zqexampleclause
    given: [{claims: consent, times: 1, on: 2017-02-01}]
    expect: {2017-Q1: {council: 63.00, lottery: 42.00}}
accepted:
  - {code: unused_metric, at: metrics > sdq, because: zqbecause, clause: zqacceptedclause}
"""
MAPPING = """
# zqmapcomment
mapping: zqmapping
clause: zqmapclause
version: 1
dated: 2017-01-01
codes:
  zqlist: {zqcode: attended, zqnothing: nothing}
instruments:
  - impactbond: 1
    instrument: zqinstrument
    title: zqquiztitle
    version: zqversion
    cited: [zqcited]
    licence: zqlicence
    informants: {zqinformant: [zqword]}
    items: [zqitem, q2]
    answers: {0: [zqanswer], 1: [b]}
    no_answer: [zqnone]
    scores: {zqscore: {of: [zqitem, q2]}}
tables:
  - clause: zqtableclause
    files: "zqpeople*.csv"
    holds: participants
    constant: {started_on: 2017-01-09, recorded_on: 2017-01-09, school: zqschool, borough: north}
    columns: {participant: zqchild}
    leave_out: {zqchild: [zqtotal]}
  - files: "zqmarks*.csv"
    constant: {recorded_on: 2017-02-01}
    never: [zqnever]
    columns: {participant: Child, observed_on: Day}
    metrics: {zqmetric: {column: zqheading, codes: zqlist}}
  - files: "zqforms*.csv"
    constant: {recorded_on: 2017-02-01, evidence_ref: zqref, source: zqgiver}
    given: [status]
    columns: {participant: Child, observed_on: Day}
    metrics: {consent: {column: Consent, codes: {zqyes: "yes"}}}
  - files: "zqquiz*.csv"
    constant: {recorded_on: 2017-02-01}
    given: [source]
    columns: {participant: Child, observed_on: Day}
    metrics: {sdq: {instrument: zqinstrument, score: zqscore, answers: {zqitem: A, q2: B}}}
"""
LEDGER = """
accounts: {receivable: a, accrued: b, bank: c, up_front: d, in_advance: e, income: f}
account_names: {receivable: zqaccountname}
tax: {zqtax: {xero: zqtaxcode}}
funds: {default: {name: zqfund, code: zqfundcode}}
funders:
  council: {nature: exchange, customer: zqcustomer, contact: zqledgercontact, vat: zqtax,
            purchase_order: {2017-Q1: zqledgerorder}}
  lottery: {nature: grant}
constraints: [{funder: council, amount: 1.00, since: 2017-03-01, reason: zqreason}]
invoice_number: "zqnumber-{period}-{funder}"
open_data: {provider: {indigo: zqindigo}}
"""
FILES = {
    "zqcontract.yaml": CONTRACT,
    "zqmap.yaml": MAPPING,
    "zqledger.yaml": LEDGER,
    "zqbank.csv": "receipt,funder,received_on,amount,note,zqcolumn\n"
    "zqreceipt,council,2017-04-20,5,zqnote,zqcell\nzqlate,lottery,2017-06-02,zqamount,zqtwo,x\n",
    "zqpeople_1.csv": "zqchild\nC-1\nC-2\nzqtotal\n",
    "zqmarks_1.csv": "Child,Day,zqheading,zqnever,zqunread\nC-1,2017-02-01,zqcode,zqcell,zqcell\n"
    "C-1,2017-02-02,zqstrange,x,y\n",
    "zqforms_1.csv": "Child,Day,Consent\nC-1,2017-02-01,zqyes\nC-2,2017-02-01,zqother\n",
    "zqquiz_1.csv": "Child,Day,A,B\nC-1,2017-02-01,zqanswer,b\nC-2,2017-02-01,zqwrong,b\n",
}
