#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full
#
# Short connections over pooled channels: how many packets one takes, and that
# none of them leaves anything behind.
# shellcheck disable=SC2317,SC2016 # functions run through t_ok; fields of awk
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

# TCP itself takes 10 for connect, request, reply and close, HPS 7. Timers add more
# to a connection that takes milliseconds: a machine so slow cannot tell.
MOST=10
SLOW_MS=4

need_module

# packets: that TCP of both hosts has sent
packets() {
	local h
	for h in a b; do
		in_ns "$h" awk '/^Tcp: [0-9]/ { print $12 }' /proc/net/snmp
	done | awk '{ s += $1 } END { print s }'
}

# run: short connections for a while
run() { in_ns a opens hps rate 10.1.1.2 18524 "$(slow 1)"; }

few_packets() {
	local conns before
	conns=$(counter a HpsActiveOpen) before=$(packets)
	run >"$t_dir/report" || return
	conns=$(($(counter a HpsActiveOpen) - conns))
	before=$(($(packets) - before))
	echo "$before packets of TCP for $conns connections"
	[ "$conns" -ge 5 ] || return
	jq -e ".seconds / .count * 1000 > $SLOW_MS" "$t_dir/report" ||
		[ "$before" -lt $((conns * MOST)) ]
}

no_channel_dialled() {
	local before
	before=$(counter a HpsChannelDialed)
	run || return
	[ $(($(counter a HpsChannelDialed) - before)) -le 2 ]
}

all_gone() { [ "$(in_ns "$1" hpsctl -j conn show | jq '.conns | length')" = 0 ]; }

# FINACK, which alone acknowledges the peer's FIN, is lost: the channel is not kept,
# but TCP must send it again before all is forgotten.
# Nobody may give up meanwhile, however slow the machine: over a link without channels
# of before, which have the times of then.
lost_finack() {
	local lost h
	in_ns a sysctl -qw net.hps.pool_size=0 || return
	for h in a b; do
		in_ns "$h" sysctl -qw net.hps.probe_time=300 net.hps.handshake_timeout=300 || return
	done
	lost=$(counter b HpsConnLost)
	python3 "$here/finack.py" "$(ns_name a)" "$(ns_name b)" eth2 10.1.2.2 || return
	wait_for "$(slow 20)" all_gone b || return
	[ "$(counter b HpsConnLost)" = "$lost" ]
}

ns_make a b
t_ok "two links" links 2 delay 50us
t_ok "a bundle" bundle 2
ns_background b opens hps serve 10.1.1.2 18524 >/dev/null
t_ok "a server" wait_for "$(slow 10)" in_ns a opens hps rate 10.1.1.2 18524 0.01
t_ok "no more packets than TCP" few_packets
t_ok "no channel is dialled for them" no_channel_dialled
t_ok "nothing is left of them here" wait_for "$(slow 10)" all_gone a
t_ok "nor there" wait_for "$(slow 10)" all_gone b
t_ok "the last word is sent until it has arrived" lost_finack
t_done
