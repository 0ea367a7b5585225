"""Whether what runs keeps its quality-of-service constraints: windows, alerts, answers; knows no buckets."""
