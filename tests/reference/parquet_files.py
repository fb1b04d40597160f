"""The Parquet files in tests/files, as writers other than ours make them: python3 parquet_files.py tests/files. Needs pyarrow.

Each holds the same forty payments; they differ in types, encodings, page versions, compression, checksums and row groups.
"""
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

ids = [k % 3 + 1 for k in range(40)]
days = [date(2020, 2, 10) + timedelta(days=7 * k) for k in range(40)]
cents = [(k * 37) % 900 + 100 for k in range(40)]
folder = sys.argv[1]


def write(name, table, **options):
    pq.write_table(pa.table(table), f"{folder}/{name}.parquet", **options)


texts = pa.array([str(i) for i in ids])
decimals = pa.array([Decimal(c) / 100 for c in cents], pa.decimal128(12, 2))
write("snappy_dictionary", {"account_id": ids, "paid_on": days, "amount": [c / 100 for c in cents]}, compression="snappy", row_group_size=15)
write("plain_checked", {"account_id": texts, "paid_on": days, "amount": decimals}, compression="none", use_dictionary=False, write_page_checksum=True)
write("gzip_v2_delta", {"account_id": texts, "paid_on": pa.array(days, pa.date32()), "amount": pa.array([c // 100 for c in cents], pa.int32())},
      compression="gzip", data_page_version="2.0", use_dictionary=False, version="2.6",
      column_encoding={"account_id": "DELTA_BYTE_ARRAY", "paid_on": "DELTA_BINARY_PACKED", "amount": "DELTA_BINARY_PACKED"})
stamps = pa.array([datetime(d.year, d.month, d.day, 9) if k % 9 else None for k, d in enumerate(days)], pa.timestamp("ms"))
write("zstd_nested", {"account_id": pa.array([str(i) for i in ids]).dictionary_encode(), "paid_on": pa.array(days), "known_on": stamps,
                      "amount": decimals, "tags": [[k, k + 1] for k in range(40)], "note": [{"a": {"b": k}} for k in range(40)]},
      compression="zstd", data_page_version="2.0", write_page_index=True)
write("lz4_small_pages", {"account_id": pa.array(ids, pa.int64()), "paid_on": pa.array([d.isoformat() for d in days]), "amount": pa.array(cents, pa.float32())},
      compression="lz4", data_page_size=32, write_batch_size=4, dictionary_pagesize_limit=16)
