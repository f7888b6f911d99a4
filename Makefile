# What the daemon's connection plan calls by these names. Everything else is cargo's.

N ?= 100
HOURS ?= 24

.PHONY: test-protocol-detection test-connection-lifecycle test-error-recovery simulate-clients long-run

test-protocol-detection:
	cargo test --test daemon_protocols

test-connection-lifecycle:
	cargo test --test daemon_life --test daemon_load --test daemon_process

test-error-recovery:
	cargo test --test daemon_wire --test daemon_files

# N clients at once, all protocols: every valid request is answered once.
simulate-clients:
	GOXEL_CLIENTS=$(N) cargo test --release --test daemon_mixed -- --nocapture

# The same for HOURS, a gigabyte of garbage, a million requests on one connection; memory and
# descriptors must stay flat.
long-run:
	GOXEL_CLIENTS=$(N) GOXEL_MIXED_SECONDS=$$(($(HOURS) * 3600)) GOXEL_GARBAGE_MIB=1024 GOXEL_REQUESTS=1000000 cargo test --release --test daemon_mixed -- --nocapture
