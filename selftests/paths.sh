#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long
# timeout: 300
#
# What HPS_INFO, and hpsctl conn with it, tell of each of two paths: whose links they
# use, how fast these are, what is under way, sent again, or has come twice. One
# connection from b to a lives through all of it.
# functions run through t_ok; numbers and lists of words stand unquoted
# shellcheck disable=SC2317,SC2086
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"
# shellcheck source=selftests/talk.sh
. "$here/talk.sh"

need_module
command -v hpsctl >/dev/null || t_skip "hpsctl is not on PATH"

mb=$(part 1048576) total=0

# tell OCTETS: sends so many, and counts them
tell() { send "$1" && total=$((total + $1)); }

# of DEV FIELD: of b's path over it
of() { shown | jq ".conns[0].paths[] | select(.dev == \"$1\") | .$2"; }

# The socket's figures are those of hpsctl.
same() {
	local i
	i=$(info) && shown | jq -e --argjson i "$i" '.conns[0] | .paths == $i.paths and
		.resent_bytes == $i.resent_bytes and .duplicate_bytes == $i.duplicate_bytes'
}

# link_ids NS: by name
link_ids() { in_ns $1 hpsctl -j link show | jq -c '[.links[] | {(.ifname): .id}] | add'; }

# The end that connected was told the peer's ids, and joined links by them.
ids() {
	local a b
	a=$(link_ids a) b=$(link_ids b)
	[ "$a" != "$b" ] || return
	shown | jq -e --argjson here "$b" --argjson there "$a" '.conns[0].paths |
		length == 2 and all(.[]; .link_id == $here[.dev] and .remote_id == $there[.dev])' &&
		in_ns a hpsctl -j conn show | jq -e --argjson here "$a" \
		'.conns[0].paths | all(.[]; .link_id == $here[.dev] and .remote_id == 0)'
}

# Nothing is under way, and what b has sent over each link has come there: once, or what
# exceeds what was written twice.
balanced() {
	shown | jq -e --argjson total $total --argjson a "$(in_ns a hpsctl -j conn show)" '
		.conns[0] as $b | $a.conns[0] as $a |
		([$b.paths[] | [.dev, .tx_bytes, .tx_segments]] | sort) ==
		([$a.paths[] | [.dev, .rx_bytes, .rx_segments]] | sort) and
		all($b.paths[]; .in_flight == 0) and
		([$b.paths[].resent_bytes] | add) == $b.resent_bytes and
		([$a.paths[].duplicate_bytes] | add) == $a.duplicate_bytes and
		([$b.paths[].tx_bytes] | add) - $total == $a.duplicate_bytes'
}

settles() {
	wait_for "$(slow 30)" balanced && wait_for 10 same && return
	echo "$total octets were written"
	in_ns b hpsctl conn show
	in_ns a hpsctl conn show
	return 1
}

# One link is five times as fast as the other.
rates() {
	local fast slow
	tell $((2 * mb)) && wait_for 10 two_paths && tell $((4 * mb)) && settles || return
	fast=$(of eth1 rate) slow=$(of eth2 rate)
	echo "$fast and $slow octets per second"
	[ $slow -gt 0 ] && [ $fast -gt $((2 * slow)) ] &&
		[ "$(of eth1 tx_bytes)" -gt "$(of eth2 tx_bytes)" ] &&
		[ "$(of eth2 tx_segments)" -gt 1 ] && [ "$(of eth2 rtt_us)" -gt 0 ] &&
		[ "$(of eth2 min_rtt_us)" -le "$(of eth2 rtt_us)" ]
}

roles() {
	local role
	for role in backup duplicate active; do
		in_ns b hpsctl link set eth2 role $role &&
			[ "$(of eth2 role)" = "\"$role\"" ] && [ "$(of eth1 role)" = '"active"' ] &&
			same || return
	done
}

# becomes NETEM...: link 2
becomes() {
	local h
	for h in a b; do
		tcn $h qdisc change dev eth2 root netem limit 20000 $SLOW "$@" || return
	done
}

has_gone() { [ $(($(of eth2 tx_bytes) - $1)) -gt 20000 ]; }

# What link 2 has lost goes over link 1, and comes twice when link 2 works again.
rescued() {
	local resent segments before
	resent=$(of eth1 resent_bytes) segments=$(of eth1 resent)
	before=$(of eth2 tx_bytes)
	begin $((6 * mb)) && wait_for "$(slow 20)" has_gone $before && becomes loss 100% &&
		wait_for "$(slow 60)" sent 1 $((6 * mb)) || return
	total=$((total + 6 * mb))
	wait_for 10 same && in_ns b hpsctl conn show &&
		[ "$(of eth1 resent_bytes)" -gt $resent ] && [ "$(of eth1 resent)" -gt $segments ] &&
		[ "$(of eth1 in_flight)" = 0 ] && [ "$(of eth2 in_flight)" -gt 0 ] || return
	becomes loss 0%
	settles && in_ns a hpsctl -j conn show |
		jq -e '[.conns[0].paths[] | select(.dev == "eth2") | .duplicate_bytes] | .[0] > 0'
}

# Each of them goes over both links, and comes twice.
copies() {
	local resent twice one two i
	resent=$(of eth1 resent_bytes) one=$(of eth1 tx_bytes) two=$(of eth2 tx_bytes)
	twice=$(in_ns a hpsctl -j conn show | jq '.conns[0].duplicate_bytes')
	in_ns b hpsctl bundle set hps0 policy duplicate || return
	for ((i = 0; i < 10; i++)); do tell 1000 || return; done
	settles && in_ns b hpsctl bundle set hps0 policy auto &&
		[ "$(of eth1 tx_bytes)" -gt $one ] && [ "$(of eth2 tx_bytes)" -gt $two ] &&
		[ "$(of eth1 resent_bytes)" = "$resent" ] &&
		in_ns a hpsctl -j conn show | jq -e ".conns[0].duplicate_bytes > $twice"
}

# bundled NS DEV...: hps0 over these, whose ids are in this order
bundled() {
	local dev
	ipn $1 link add hps0 type hps && ipn $1 link set hps0 up || return
	for dev in "${@:2}"; do ipn $1 link set $dev master hps0 || return; done
}

# so slow that the links limit, not the host, however busy it is
FAST="rate 20mbit delay 50us" SLOW="rate 4mbit delay 50us"
[ "${HPS_KERNEL:-}" != debug ] || FAST="rate 2mbit delay 50us" SLOW="rate 400kbit delay 50us"
ns_make a b && link 1 $FAST && link 2 $SLOW && bundled a eth2 eth1 &&
	bundled b eth1 eth2 || t_skip "no hosts"
# a path is not given up, whatever becomes of its link
for h in a b; do in_ns $h sysctl -qw net.hps.dead_ms=60000 net.hps.probe_time=600; done
answer 7000
t_ok "a connection" hold 7000
t_ok "rates and segments of each link" rates
t_ok "ids of the links at both ends" ids
t_ok "roles" roles
t_ok "what a link has lost is sent again over the other one" rescued
t_ok "what is duplicated comes twice" copies
t_ok "it ends" let_go
t_ok "the kernel's log is clean" log_clean
t_done
