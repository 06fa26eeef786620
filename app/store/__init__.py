"""The tables and their queries, a table or close pair per file. Services own the transactions."""
