"""A witness without a bank (``xuefen witness serve``): two keys, one state file, one address (https://c2sp.org/tlog-witness).

Whoever watches over others' logs and keeps none needs no database: a province without a bank, a university, an auditor. It
judges by the same rules as a bank that witnesses (``bank/translog/rules.py``).
"""
