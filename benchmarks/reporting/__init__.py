"""What every benchmark shares: records that outlive an interrupt, statistics, tables and contact sheets."""
