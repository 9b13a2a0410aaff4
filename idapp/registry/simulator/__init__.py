"""A population database to rehearse with: the same contract over real HTTP, invented people, faults on demand.

    python -m idapp.registry.simulator --people people.json --port 8100 --rules rules.json --log calls.jsonl

``people.json`` is a list of ``{"number", "full_name", "born": "2014-03-17" or "2014", "sex": 0|1|2}`` with, if wanted,
``province``, ``district``, ``commune``, ``address``, ``ethnic_group``, ``father``, ``mother``, and ``corrected``: what
the police put right once the number stands in the rule of that name. ``rules.json`` holds the settings of
``rules.Rules``. Both are read again when they change.

POST any other path   operation 037 or 003 as SOAP, or as a gateway's JSON
POST /token           token of the provincial exchange
GET  /                status page      GET /log    counts as JSON (``?calls=1``: each call; ``?last=20``: the newest)
GET  /rules           the rules in force, without secrets
POST /rules           changes some settings at once, JSON, from this machine only; ``{"reset": true}`` puts them back
"""
