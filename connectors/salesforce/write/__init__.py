"""Writing: a batch on its way to Salesforce and back.

batch · which size goes where | keys · what a natural key already names | ways · the calls that
write up to 200 records | sending · once, halved, or again | ingest, sheet · bulk jobs and their
files | payload · a write as JSON | receipts · what an answer means
"""
