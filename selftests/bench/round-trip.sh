#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# round-trip.sh PROTO SIZE [TEST]: for `profile`, messages to and fro over two
# links, or what `hpsperf write` or `read` does, the two programs together on one
# processor and apart on two: where the scheduler puts them changes a round trip
# by 2.6 us, of TCP and of HPS.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../links.sh"
proto=${1:-hps} size=${2:-4} test=${3:-pingpong}

packets() { in_ns a cat /sys/class/net/eth1/statistics/tx_packets; }

# round_trips PLACE CPU: of the client
round_trips() {
	local client before
	in_ns a taskset -c "$2" hpsperf --proto "$proto" --json "$test" 10.1.1.2 \
		--sizes "$size" --time 0.5 --warmup 0.1 >"$t_dir/report" &
	client=$!
	sleep 0.25
	before=$(packets)
	echo profile begin
	sleep 0.2
	# of a small message or operation, one packet makes a round trip
	echo profile end "$proto-$test-$1" $(($(packets) - before))
	wait "$client"
	jq -r --arg place "$1" '.results[] | "\($place): \(.size) B in \(.rtt_median_us) us"' \
		"$t_dir/report"
}

need_module
ns_make a b
links 2 rate 100mbit delay 50us
bundle 2
ns_background b taskset -c 0 hpsperf --proto "$proto" server >/dev/null
wait_for 5 in_ns a hpsperf --proto "$proto" pingpong 10.1.1.2 --sizes 4 --rounds 1 --warmup 0.001
round_trips together 0
round_trips apart 1
