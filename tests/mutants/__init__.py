"""How strong the tests are: small faults are planted one at a time, and the tests that reach the line must find each.

``python -m tests.mutants``; the suite itself does not run this.
"""
