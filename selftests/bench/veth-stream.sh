#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# veth-stream.sh PROTO LINKS [TEST OPTION...]: for `profile`, a stream over unlimited
# veth links, or another test of hpsperf (write --sizes 1M --depth 8 --zerocopy), both
# programs and the kernel on one processor. An event is 64 KB on the links.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../links.sh"
proto=${1:-hps} n=${2:-2} flow=(stream --write 128k)
[ $# -lt 3 ] || flow=("${@:3}")
need_module
ns_make a b
for ((i = 1; i <= n; i++)); do
	ipn a link add "eth$i" type veth peer name "eth$i" netns "$(ns_name b)"
	for h in a b; do
		ipn $h addr add "10.1.$i.$([ $h = a ] && echo 1 || echo 2)/24" dev "eth$i"
		ipn $h link set "eth$i" up
	done
done
bundle "$n"
echo 0 >/sys/devices/system/cpu/cpu1/online
ns_background b hpsperf --proto "$proto" server >/dev/null
wait_for 5 in_ns a hpsperf --proto "$proto" pingpong 10.1.1.2 --sizes 4 --rounds 1 --warmup 0.001
in_ns a hpsperf --proto "$proto" --json "${flow[@]}" 10.1.1.2 --time 1.2 >"$t_dir/report" &
client=$!
octets() { in_ns a sh -c 'cat /sys/class/net/eth*/statistics/tx_bytes' | awk '{ s += $1 } END { print s }'; }
sleep 0.5
before=$(octets)
echo profile begin
sleep 0.3
echo profile end "$proto-$n" $((($(octets) - before) / 65536))
wait "$client"
jq -c '.steady_mbit_per_s // .results[0].mbit_per_s' "$t_dir/report"
