#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long short
# timeout: 300
#
# Who looks sees: sock_diag and its filters, what is for the administrator
# only, why a connection does not use more links, the live view.
# shellcheck disable=SC2317 # functions run through t_ok
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"
# shellcheck source=selftests/talk.sh
. "$here/talk.sh"

need_module
command -v hpsctl >/dev/null || t_skip "hpsctl is not on PATH"

# explained FILTER...
explained() { in_ns b hpsctl -j explain "$@"; }

# why REASON FILTER...: is given for the connection
why() {
	local reason=$1
	shift
	explained "$@" | jq -e ".conns[0].why == \"$reason\"" ||
		{ in_ns b hpsctl explain "$@"; return 1; }
}

# link_why DEV REASON FILTER...
link_why() {
	local dev=$1 reason=$2
	shift 2
	explained "$@" | jq -e "[.conns[0].links[] | select(.dev == \"$dev\")] |
		length == 1 and .[0].why == \"$reason\"" ||
		{ in_ns b hpsctl explain "$@"; return 1; }
}

# --- sock_diag ---

listener_listed() {
	in_ns a hpsctl -j conn show state listening sport 7000 |
		jq -e '.conns | length == 1 and .[0].state == "listening" and
			.[0].backlog > 0 and .[0].inode > 0' &&
		in_ns a hpsctl -j conn show | jq -e '[.conns[] |
			select(.state == "listening")] == []'
}

filters() {
	local inode token port
	inode=$(shown | jq '.conns[0].inode')
	token=$(shown | jq -r '.conns[0].token')
	port=$(shown | jq -r '.conns[0].local | split(":")[1]')
	count 1 && count 1 "$token" && count 1 inode "$inode" &&
		count 0 inode 1 && count 1 dport 7000 && count 0 dport 7001 &&
		count 1 sport "$port" && count 0 sport 9 &&
		count 1 dev eth1 && count 0 dev eth2 &&
		count 1 state established && count 0 state closed &&
		count 1 state closed state established && count 1 state all &&
		count 1 uid 0 && count 0 uid 65534 &&
		count 1 dst 10.1.1.1 && count 0 dst 10.1.1.2 &&
		count 1 dst 10.1.1.0/24 && count 1 dst 10.1.1.0/31 &&
		count 0 dst 10.1.1.2/31 && count 1 dst 0.0.0.0/0 &&
		count 0 dst ::/0 && count 1 src 10.1.1.2 && count 0 src 10.1.1.1 &&
		count 1 dst 10.1.1.1 dport 7000 dev eth1 uid 0 &&
		count 0 dst 10.1.1.1 dport 7000 dev eth1 uid 1
}

by_descriptor() {
	local fd
	for fd in "/proc/$talker/fd/"*; do
		case $(readlink "$fd") in
		socket:*) count 1 pid "$talker" fd "${fd##*/}" && return ;;
		esac
	done
	return 1
}

# The figures of sock_diag, of HPS_INFO and of generic netlink are the same.
same_as_the_socket() {
	local i
	i=$(info) && shown | jq -e --argjson i "$i" \
		'.conns[0] | .token == $i.token and .paths == $i.paths and
		 .cutoff == $i.cutoff and .cutoff_now == $i.cutoff_now and
		 .join_at == $i.join_at and .bundle == "hps0"'
}

other_namespace() {
	in_ns a hpsctl -j conn show dport 7000 | jq -e '.conns == []' &&
		hpsctl -j conn show | jq -e '.conns == []' &&
		hpsctl -j conn show state listening | jq -e '.conns == []'
}

# Connections are public; the mark is not, nor is it told to others.
mark_is_for_admins() {
	shown | jq -e '.conns[0].mark == 7' &&
		in_ns b setpriv --reuid 65534 --clear-groups hpsctl -j conn show |
		jq -e '.conns | length == 1 and (.[0] | has("mark") | not)'
}

# In a user namespace of its own nobody's uid means something else.
foreign_uid() {
	in_ns b setpriv --reuid 65534 --clear-groups unshare -U \
		"$(command -v hpsctl)" -j conn show |
		jq -e '.conns[0] | .uid == 65534 and (has("mark") | not)'
}

raw() { in_ns b python3 "$here/netlink.py" diag "$@"; }

# --- explain ---

below_cutoff() {
	why cutoff && link_why eth1 in-use && link_why eth2 cutoff &&
		in_ns b hpsctl explain | grep "no more now: cutoff:" &&
		shown | jq -e '.conns[0] | .cutoff == 0 and .cutoff_now == 0 and
			.join_at == 65536' &&
		in_ns b hpsctl conn show | grep "policy auto cutoff auto\$" &&
		in_ns a hpsctl -j explain | jq -e '.conns[0] |
			.why == "peer-joins" and .paths_up == 1'
}

joined() {
	send 1000000 && wait_for 10 two_paths && link_why eth1 in-use &&
		link_why eth2 in-use && why cutoff && count 1 dev eth2
}

# the one that is measured, and the one that is set, unless that is less
cutoff_told() {
	shown | jq -e '.conns[0] | .cutoff == 0 and .cutoff_now > 0' &&
		in_ns b hpsctl conn show | grep -E 'policy auto cutoff auto \([0-9]+\)$' &&
		in_ns b hpsctl explain | grep -E 'policy auto cutoff auto \([0-9]+\), moved' &&
		in_ns b hpsctl bundle set hps0 cutoff 512M &&
		shown | jq -e '.conns[0] | [.cutoff, .cutoff_now, .join_at] |
			all(.[]; . == 536870912)' &&
		in_ns b hpsctl conn show | grep 'cutoff 536870912$' &&
		in_ns b hpsctl bundle set hps0 cutoff 1 policy stripe &&
		shown | jq -e '.conns[0] | .cutoff == 1 and .cutoff_now > 44 and
			.join_at == 1' && why cutoff &&
		in_ns b hpsctl bundle set hps0 cutoff auto policy auto
}

# more waits than the cut-off
above_cutoff() {
	local err i h
	shape 1 rate 4mbit && shape 2 rate 4mbit && begin 4000000 || return
	wait_for 20 why none
	err=$?
	in_ns b hpsctl explain | grep "it uses all the links that it can" || err=1
	# what is under way shall not be lost
	for i in 1 2; do
		for h in a b; do
			tcn "$h" qdisc change dev "eth$i" root netem limit 20000 rate 1gbit || return
		done
	done
	wait_for "$(slow 30)" sent 1 4000000 && wait_for 10 two_paths && why cutoff &&
		return "$err"
}

policy_single() {
	in_ns b hpsctl bundle set hps0 policy single && why policy &&
		explained | jq -e '[.conns[0].links[].why] | sort == ["in-use", "policy"]' &&
		shown | jq -e '.conns[0].cutoff_now == 0' &&
		in_ns b hpsctl bundle set hps0 policy auto && why cutoff &&
		link_why eth1 in-use && link_why eth2 in-use
}

# role DEV ROLE: of a link of b
role() { in_ns b hpsctl link set "$1" role "$2"; }

has_role() {
	shown | jq -e "[.conns[0].paths[] | select(.dev == \"$1\") | .role] == [\"$2\"]"
}

# A link that waits for others to fail is not in use, though a path over it works.
backup_waits() {
	role eth2 backup && has_role eth2 backup && why backup && link_why eth1 in-use &&
		link_why eth2 backup && shown | jq -e '.conns[0].cutoff_now == 0' &&
		in_ns b hpsctl conn show | grep -E "path dev eth2 link [0-9]+ to [0-9]+ backup up"
}

# It carries copies for want of others, and all while no active link is left.
backup_carries() {
	in_ns b hpsctl bundle set hps0 policy duplicate && link_why eth2 in-use && why none &&
		in_ns b hpsctl bundle set hps0 policy auto && link_why eth2 backup &&
		role eth1 duplicate && link_why eth2 in-use && link_why eth1 copies-only &&
		why copies-only && role eth1 active && role eth2 active && why cutoff
}

# Duplicates go over it, and nothing else.
copies_only() {
	role eth2 duplicate && why copies-only && link_why eth2 copies-only &&
		in_ns b hpsctl bundle set hps0 policy duplicate && link_why eth2 in-use &&
		why none && in_ns b hpsctl bundle set hps0 policy auto &&
		link_why eth2 copies-only && role eth2 active && link_why eth2 in-use
}

link_is_down() {
	ipn b link set eth3 down && link_why eth3 link-down &&
		ipn b link set eth3 up
}

peer_has_no_partner() { link_why eth3 no-partner; }
no_address() { link_why d0 no-address; }

no_bundle() {
	ipn b link del hps0 && why no-bundle &&
		explained | jq -e '.conns[0].links == []'
}

bound_to_device() { hold 7000 eth1 && why bound && link_why eth2 bound; }

# --- the live view ---

top_lines() {
	local top
	in_ns b hpsctl -j top interval 1 count 4 >"$t_dir/top" &
	top=$!
	wait_for 20 grep -q . "$t_dir/top" && send 2000000
	if ! wait "$top" || [ "$(wc -l <"$t_dir/top")" != 4 ]; then
		cat "$t_dir/top"
		return 1
	fi
	jq -e -s 'length == 4 and all(.[]; .interval > 0.9) and
		(.[0].conns[0].token | length == 16) and
		([.[].conns[0].tx_rate] | max > 0) and
		([.[].links[].tx_rate] | max > 0)' "$t_dir/top"
}

top_text() {
	in_ns b hpsctl top interval 0.1 count 1 >"$t_dir/text" &&
		grep -E "^eth1 .* hps0" "$t_dir/text" &&
		grep -E "^[0-9a-f]{16} .* > 10.1.1.1:7000 .* paths" "$t_dir/text" &&
		! grep -q "$(printf '\033')" "$t_dir/text"
}

# On a terminal each view begins at the top of a cleared screen.
top_screen() {
	in_ns b python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' \
		hpsctl top interval 0.1 count 2 </dev/null >"$t_dir/screen" &&
		[ "$(grep -o "$(printf '\033\[H\033\[J')" "$t_dir/screen" | wc -l)" = 2 ] &&
		grep -q "^eth1 .* hps0" "$t_dir/screen"
}

# --- histograms ---

# sizes NS KIND FROM: how often
sizes() {
	in_ns "$1" hpsctl -j stats histogram | jq "[.histograms[\"$2\"][] |
		select(.from == $3) | .count] | add // 0"
}

histograms() {
	local w sent received
	w=$(sizes b write 65536)
	sent=$(in_ns b hpsctl -j stats histogram | jq '[.histograms["segment-sent"][].count] | add // 0')
	received=$(in_ns a hpsctl -j stats histogram | jq '[.histograms["segment-received"][].count] | add // 0')
	send 100000 && [ "$(sizes b write 65536)" = $((w + 1)) ] &&
		[ "$(counter b HpsSegmentSent)" -gt "$sent" ] &&
		[ "$(counter a HpsSegmentReceived)" -gt "$received" ] &&
		in_ns b hpsctl -j stats histogram | jq -e --argjson n \
			"$(counter b HpsSegmentSent)" \
			'[.histograms["segment-sent"][].count] | add == $n' &&
		in_ns a hpsctl -j stats histogram | jq -e --argjson n \
			"$(counter a HpsSegmentReceived)" \
			'[.histograms["segment-received"][].count] | add == $n' &&
		in_ns b hpsctl stats histogram | grep -E "^ +64k +$((w + 1)) #"
}

ns_make a b || t_skip "cannot make namespaces"
links 2 || t_skip "cannot make links"
bundle 2
ipn b link add eth3 type dummy
ipn b addr add 10.1.3.2/24 dev eth3
ipn b link set eth3 up
ipn b link add d0 type dummy
ipn b link set d0 up
answer 7000

t_ok "a listening socket is listed when asked for" listener_listed
t_ok "a connection" hold 7000
t_ok "filters select" filters
t_ok "a socket is found by its descriptor" by_descriptor
t_ok "sock_diag and HPS_INFO agree" same_as_the_socket
t_ok "other namespaces see nothing" other_namespace
t_ok "the mark is for the administrator" mark_is_for_admins
t_ok "uids are those of who asks" foreign_uid
t_refused "an unknown state" "there is no state 'nonesuch'" shown state nonesuch
t_refused "a prefix that is too long" "not a number from 0 to 32" \
	shown dst 10.0.0.0/33
t_refused "a bad word" "is not a token" shown whatever
t_refused "the kernel: a prefix that is too long" "The prefix is too long" \
	raw 7=hex:0221000001020304000000000000000000000000
t_refused "the kernel: a family that is none" "The family is AF_INET or AF_INET6" \
	raw 7=hex:0920000001020304000000000000000000000000
t_refused "the kernel: a prefix of the wrong size" "size out of range" raw 7=u32:1
t_refused "the kernel: an unknown attribute" "Unknown attribute" raw 30=u32:1
t_refused "the kernel: ifindex 0" "integer out of range" raw 8=u32:0

t_ok "below the cut-off one link is used" below_cutoff
t_ok "above it all, until nothing waits" joined
t_ok "the cut-off in effect is told" cutoff_told
t_ok "above the cut-off all are used" above_cutoff
t_ok "the policy is a reason" policy_single
t_ok "a backup link waits" backup_waits
t_ok "a backup link carries" backup_carries
t_ok "a link for duplicates" copies_only
in_ns b hpsctl link add eth3 bundle hps0
in_ns b hpsctl link add d0 bundle hps0
t_ok "a link that is down" link_is_down
t_ok "a link without a partner" peer_has_no_partner
t_ok "a link without an address" no_address
t_refused "nothing to explain" "no connection is selected" \
	in_ns b hpsctl explain dport 9
t_refused "a token that nobody has" "No connection has this token" \
	in_ns b hpsctl explain 123

t_ok "top: a line of JSON for each interval" top_lines
t_ok "top: text without a terminal has no escapes" top_text
t_ok "top: on a terminal the screen is drawn anew" top_screen
t_refused "top: an interval of nothing" "is not an interval" \
	in_ns b hpsctl top interval 0
t_ok "sizes are counted" histograms
genl() { in_ns b python3 "$here/netlink.py" genl "$@"; }
t_refused "a histogram without a name" "The histogram's name is missing" genl 11
t_refused "an unknown histogram" "No histogram has this name" genl 11 1=str:none
t_ok "one histogram" genl 11 1=str:write
t_ok "a connection that ends is gone" let_go
t_ok "a socket that is bound to a device" bound_to_device
t_ok "it ends, too" let_go
t_ok "another connection" hold 7000
t_ok "no bundle" no_bundle
let_go
t_ok "the kernel's log is clean" log_clean
t_done
