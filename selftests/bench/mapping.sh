#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mapping.sh: what hps_bench.ko measures, with small pages and with huge ones, as
# lines "PAGES NAME INSTRUCTIONS"; for `mapping`, in virtual time.
set -eu
thp=/sys/kernel/mm/transparent_hugepage/enabled
for pages in small huge; do
	if [ $pages = small ]; then echo never; else echo always; fi >$thp
	dmesg -C
	modprobe hps_bench
	modprobe -r hps_bench
	dmesg | sed -n "s/.*hps_bench: \([a-z_]* [0-9]*\)$/$pages \1/p"
done
