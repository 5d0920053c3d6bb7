#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long
# timeout: 400
#
# libhps over sockets of AF_HPS: the tests that direct/Makefile runs over TCP on the
# host, as far as they are not about the wire, and the examples.
# Functions run through t_ok.
# shellcheck disable=SC2317
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"

operations=$(command -v libhps-operations) || t_skip "the programs are not on PATH"

# one TEST: over AF_HPS only, which is there
one() {
	libhps-"$1" hps4 hps6 && ! libhps-"$1" -l hps4 | grep -q "no such socket"
}

examples() {
	HPS_TRANSPORT=hps "$here/direct/examples.sh" --built "${operations%operations}" \
		"$t_dir/examples"
}

for t in operations refusals closing heads; do t_ok "$t over AF_HPS" one $t; done
t_ok "the examples over AF_HPS" examples
t_done
