#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# opens.sh PROTO: for `profile`, connections with one request and one reply each,
# one after the other, over two links.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../links.sh"
proto=${1:-hps}

# sent HOST: segments that TCP sent over both links, acknowledgements included
sent() {
	local n=0 i
	for i in 1 2; do
		n=$((n + $(in_ns "$1" cat "/sys/class/net/eth$i/statistics/tx_packets")))
	done
	echo "$n"
}

need_module
ns_make a b
links 2 rate 100mbit delay 50us
bundle 2
ns_background b opens "$proto" serve 10.1.1.2 18524 >/dev/null
sleep 0.2
in_ns a opens "$proto" rate 10.1.1.2 18524 1 >"$t_dir/report" &
client=$!
# the pool, and the caches of TCP, are filled before the profile begins
sleep 0.4
a=$(sent a) b=$(sent b)
echo profile begin
sleep 0.5
a=$(($(sent a) - a)) b=$(($(sent b) - b))
echo profile end "$proto-opens" 1000
wait "$client"
jq -r --arg packets "$a $b" '"\(.count / .seconds) opens/s; \($packets) in 0.5 s"' "$t_dir/report"
