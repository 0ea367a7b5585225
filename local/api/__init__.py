"""The job API: training jobs over HTTP, told from buckets and the ledger alone; it keeps nothing itself."""
