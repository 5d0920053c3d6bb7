#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# messages.sh PROTO [--nodelay]: for `profile`, writes of 64 octets over one
# unlimited veth link, programs and kernel on one processor. An event is a packet
# of the sender: with --nodelay mostly one message.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../links.sh"
proto=${1:-hps}
shift
need_module
ns_make a b
ipn a link add eth1 type veth peer name eth1 netns "$(ns_name b)"
for h in a b; do
	ipn $h addr add "10.1.1.$([ $h = a ] && echo 1 || echo 2)/24" dev eth1
	ipn $h link set eth1 up
done
bundle 1
echo 0 >/sys/devices/system/cpu/cpu1/online
ns_background b hpsperf --proto "$proto" server >/dev/null
wait_for 5 in_ns a hpsperf --proto "$proto" pingpong 10.1.1.2 --sizes 4 --rounds 1 --warmup 0.001
in_ns a hpsperf --proto "$proto" --json stream 10.1.1.2 --write 64 --time 1.2 "$@" >"$t_dir/report" &
client=$!
packets() { in_ns a cat /sys/class/net/eth1/statistics/tx_packets; }
sleep 0.5
before=$(packets)
echo profile begin
sleep 0.3
echo profile end "$proto$*" $(($(packets) - before))
wait "$client"
jq -r '"\(.steady_mbit_per_s * 1e6 / 8 / 64) messages/s"' "$t_dir/report"
